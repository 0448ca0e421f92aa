internal import GRDB
package import SyncModel
package import struct SyncModel.StateStoreError

extension SQLiteStateStore {
    package func parked(_ folder: FolderID) throws(StateStoreError) -> [DeferredPath] {
        try read("read what is parked") { database in
            guard let number = try number(folder) else { return [] }
            return try notes(number, in: "parked", database)
        }
    }

    package func parkedBase(
        _ folder: FolderID, at path: TreePath
    ) throws(StateStoreError) -> ObjectID? {
        try read("read what is parked") { _ in
            guard let number = try number(folder) else { return nil }
            return try base(number, path, statements.parkedBase)
        }
    }

    package func parkedBases(
        _ folder: FolderID, below place: TreePath?
    ) throws(StateStoreError) -> Set<ObjectID> {
        try read("read what is parked") { database in
            guard let number = try number(folder) else { return [] }
            guard let place else { return try allParkedBases(number) }
            // With DISTINCT, SQLite would go through all that is parked.
            let statement = try PreparedStatement(
                database, "SELECT base FROM parked WHERE folder = ?1 AND path > ?2 AND path < ?3")
            statement.bind(1, number)
            statement.bind(2, place.bytes + [0x2f])
            statement.bind(3, place.bytes + [0x30])
            defer { statement.reset() }
            var bases: Set<ObjectID> = []
            while try statement.step() {
                bases.insert(try FileRow.commit(statement.bytes(0)))
            }
            return bases
        }
    }

    /// One seek for each commit.
    private func allParkedBases(_ number: Int64) throws -> Set<ObjectID> {
        let statement = statements.nextParkedBase
        var bases: Set<ObjectID> = []
        var last: [UInt8] = []
        while true {
            statement.bind(1, number)
            statement.bind(2, last)
            defer { statement.reset() }
            guard try statement.step() else { return bases }
            last = statement.bytes(0)
            guard bases.insert(try FileRow.commit(last)).inserted else {
                throw FileRow.damaged("an index")
            }
        }
    }

    /// Whether anything of the folder is parked.
    func hasParked(_ number: Int64) throws -> Bool {
        statements.isParked.bind(1, number)
        defer { statements.isParked.reset() }
        return try statements.isParked.step()
    }
}
