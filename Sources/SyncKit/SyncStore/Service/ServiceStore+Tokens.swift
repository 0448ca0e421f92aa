internal import Foundation
internal import GRDB
package import SyncModel
package import struct SyncModel.StateStoreError

/// Tokens and sessions, by the hash of their secret: the secret itself stands nowhere.
extension ServiceStore {
    /// Adds a token.
    /// - Parameters:
    ///   - hash: SHA-256 of its secret.
    ///   - expires: when it ends; nil for never.
    /// - Returns: false when the name is taken.
    package func addToken(
        _ name: String, _ scope: AccessScope, hash: [UInt8], created: Timestamp,
        expires: Timestamp?
    ) throws(StateStoreError) -> Bool {
        try write("add a token") { database in
            try database.execute(
                sql: """
                    INSERT OR IGNORE INTO token(name, hash, scope, created, expires)
                    VALUES (?, ?, ?, ?, ?)
                    """,
                arguments: [
                    name, Data(hash), scope.rawValue, created.milliseconds, expires?.milliseconds,
                ])
            return database.changesCount == 1
        }
    }

    /// The tokens by name, those that have expired too.
    package func tokens() throws(StateStoreError) -> [AccessToken] {
        try read("list tokens") { database in
            try Row.fetchAll(
                database, sql: "SELECT name, scope, created, expires FROM token ORDER BY name"
            ).compactMap(Self.token)
        }
    }

    /// The token whose secret has a hash; nil when there is none, or it expired.
    package func token(hash: [UInt8], at now: Timestamp) throws(StateStoreError) -> AccessToken? {
        try read("look a token up") { database in
            try Row.fetchOne(
                database,
                sql: """
                    SELECT name, scope, created, expires FROM token
                    WHERE hash = ? AND coalesce(expires > ?, 1)
                    """,
                arguments: [Data(hash), now.milliseconds]
            ).flatMap(Self.token)
        }
    }

    /// Removes a token.
    /// - Returns: false when there is none of the name.
    package func removeToken(_ name: String) throws(StateStoreError) -> Bool {
        try writeDurably("revoke a token") { database in
            try database.execute(sql: "DELETE FROM token WHERE name = ?", arguments: [name])
            return database.changesCount == 1
        }
    }

    /// Adds a session of the dashboard, and forgets those that expired.
    /// - Parameter hash: SHA-256 of its cookie.
    package func addSession(hash: [UInt8], expires: Timestamp, at now: Timestamp)
        throws(StateStoreError)
    {
        try write("add a session") { database in
            try database.execute(
                sql: "DELETE FROM session WHERE expires <= ?", arguments: [now.milliseconds])
            try database.execute(
                sql: "INSERT OR REPLACE INTO session(hash, expires) VALUES (?, ?)",
                arguments: [Data(hash), expires.milliseconds])
        }
    }

    /// Whether a session of the hash lasts.
    package func hasSession(hash: [UInt8], at now: Timestamp) throws(StateStoreError) -> Bool {
        try read("look a session up") { database in
            try Bool.fetchOne(
                database,
                sql: "SELECT EXISTS(SELECT 1 FROM session WHERE hash = ? AND expires > ?)",
                arguments: [Data(hash), now.milliseconds]) ?? false
        }
    }

    /// Ends all sessions.
    package func removeSessions() throws(StateStoreError) {
        try writeDurably("end the sessions") { database in
            try database.execute(sql: "DELETE FROM session")
        }
    }

    private static func token(_ row: Row) -> AccessToken? {
        guard let scope = AccessScope(rawValue: row["scope"]) else { return nil }
        let expires: Int64? = row["expires"]
        return AccessToken(
            name: row["name"], scope: scope, created: Timestamp(milliseconds: row["created"]),
            expires: expires.map(Timestamp.init(milliseconds:)))
    }
}
