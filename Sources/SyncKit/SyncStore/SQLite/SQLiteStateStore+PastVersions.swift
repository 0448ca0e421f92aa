internal import GRDB
package import SyncModel
package import struct SyncModel.StateStoreError

/// The index of versions that came in with commits: it can be made anew from the repository.
extension SQLiteStateStore {
    package func pastVersion(_ number: Int64) throws(StateStoreError) -> ObjectID? {
        try read("read a past version") { database in
            let statement = try PreparedStatement(
                database, "SELECT commit_id FROM versions WHERE number = ?1")
            statement.bind(1, number)
            defer { statement.reset() }
            guard try statement.step() else { return nil }
            guard let commit = ObjectID(statement.bytes(0)) else {
                throw FileRow.damaged("a past version")
            }
            return commit
        }
    }

    package func pastVersionCount() throws(StateStoreError) -> Int {
        try read("count past versions") { database in
            try Int.fetchOne(database, sql: "SELECT count(*) FROM versions") ?? 0
        }
    }

    package func addPastVersions(_ versions: [Int64: ObjectID]) throws(StateStoreError) {
        if versions.isEmpty { return }
        try writeUnsynced("index past versions") { database in
            let statement = try PreparedStatement(
                database, "INSERT OR REPLACE INTO versions(number, commit_id) VALUES (?1, ?2)")
            for (number, commit) in versions.sorted(by: { $0.key < $1.key }) {
                statement.bind(1, number)
                statement.bind(2, commit.bytes)
                try statement.run()
            }
        }
    }
}
