internal import Foundation
internal import GRDB
package import SyncModel
package import struct SyncModel.StateStoreError

/// The newest webhook deliveries, each once.
extension ServiceStore {
    /// Adds a delivery, unless it came before.
    /// - Parameters:
    ///   - delivery: its number and time are the store's to say.
    ///   - body: SHA-256 of its body where a signature covers that; nil where none does.
    ///   - now: when it came.
    /// - Returns: its number; nil when a delivery of its provider has the same id, or one has the
    ///   same body.
    package func add(_ delivery: Delivery, body: [UInt8]?, at now: Timestamp)
        throws(StateStoreError) -> Int64?
    {
        try write("note a delivery") { database in
            try database.execute(
                sql: """
                    INSERT OR IGNORE INTO delivery(
                        received, provider, event, id, body, reference, commit_id, result, reason)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    now.milliseconds, delivery.provider, delivery.event, delivery.id,
                    body.map { Data($0) }, delivery.ref, delivery.after, delivery.result.rawValue,
                    delivery.reason,
                ])
            guard database.changesCount == 1 else { return nil }
            let number = database.lastInsertedRowID
            try database.execute(
                sql: "DELETE FROM delivery WHERE number <= ?",
                arguments: [number - Int64(Limits.deliveries)])
            return number
        }
    }

    /// Notes what came of the fetch that deliveries asked for.
    /// - Parameters:
    ///   - last: the number of the last of them; those before that are queued still are meant too.
    ///   - failure: why it failed; nil when it did not.
    package func finish(through last: Int64, failure: String?) throws(StateStoreError) {
        let result: Delivery.Result = failure == nil ? .fetched : .failed
        try write("note what came of deliveries") { database in
            try database.execute(
                sql: """
                    UPDATE delivery SET result = ?, reason = ?
                    WHERE result = 'queued' AND number <= ?
                    """,
                arguments: [result.rawValue, failure, last])
        }
    }

    /// The number of the newest delivery that waits for its fetch; nil when none does.
    package func lastQueued() throws(StateStoreError) -> Int64? {
        try read("look for deliveries") { database in
            try Int64.fetchOne(
                database, sql: "SELECT max(number) FROM delivery WHERE result = 'queued'")
        }
    }

    /// Deliveries, the newest first.
    /// - Parameters:
    ///   - before: only with lower numbers; nil for all.
    ///   - most: how many, at least 1.
    package func deliveries(before: Int64? = nil, most: Int) throws(StateStoreError) -> [Delivery] {
        try read("list deliveries") { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT * FROM delivery WHERE number < ? ORDER BY number DESC LIMIT ?
                    """,
                arguments: [before ?? .max, most]
            ).compactMap(Self.delivery)
        }
    }

    /// Up to when a webhook's deliveries were looked through, as its host says times; nil for
    /// never.
    package func looked(hook: Int) throws(StateStoreError) -> String? {
        try read("look for a webhook") { database in
            try String.fetchOne(
                database, sql: "SELECT looked FROM hook WHERE id = ?", arguments: [hook])
        }
    }

    /// Notes up to when they were.
    package func setLooked(hook: Int, _ time: String) throws(StateStoreError) {
        try write("note a webhook") { database in
            try database.execute(
                sql: "INSERT OR REPLACE INTO hook(id, looked) VALUES (?, ?)",
                arguments: [hook, time])
        }
    }

    private static func delivery(_ row: Row) -> Delivery? {
        guard let result = Delivery.Result(rawValue: row["result"]) else { return nil }
        return Delivery(
            number: row["number"], received: Timestamp(milliseconds: row["received"]).iso8601,
            provider: row["provider"], event: row["event"], id: row["id"], ref: row["reference"],
            after: row["commit_id"], result: result, reason: row["reason"])
    }
}
