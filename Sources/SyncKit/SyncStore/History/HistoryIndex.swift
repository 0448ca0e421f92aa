internal import GRDB
internal import Glibc
package import SyncModel
package import struct SyncModel.StateStoreError

/// Which commits touched which paths, in `history.db`: what makes the log of one path a look-up.
///
/// All of it can be made again from the repository, so it is never repaired: what is damaged, cut
/// short or of another version goes. A commit is in it only after its parents, so what it holds is
/// always a whole history; who reads looks at newer commits itself. One process fills it, any
/// number reads meanwhile.
package final class HistoryIndex {
    /// A commit to be added.
    package struct Entry: Sendable {
        /// Its name.
        package let id: ObjectID
        /// Its stamp, in milliseconds since 1970.
        package let time: Int64
        /// Whether it is a merge of ours, which comes before a parent of the same stamp.
        package let isMerge: Bool
        /// All of them; they have to be in the index, or before this one in the same call.
        package let parents: [ObjectID]
        /// The paths that it may have changed against every parent.
        package let paths: [TreePath]
        /// What it claims to be its time, where that is not believed yet.
        package let refused: Timestamp?

        package init(
            id: ObjectID, time: Int64, isMerge: Bool, parents: [ObjectID], paths: [TreePath],
            refused: Timestamp? = nil
        ) {
            (self.id, self.time, self.isMerge) = (id, time, isMerge)
            (self.parents, self.paths, self.refused) = (parents, paths, refused)
        }
    }

    private let queue: DatabaseQueue

    private init(_ queue: DatabaseQueue) { self.queue = queue }

    /// Opens the index for reading.
    /// - Returns: nil when there is none that this program can read.
    package static func reading(_ path: String) throws(StateStoreError) -> HistoryIndex? {
        if access(path, F_OK) != 0 { return nil }
        var configuration = configuration
        configuration.readonly = true
        return try StateStoreError.explain("open the history's index") {
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            return try queue.read { try HistorySchema.isOurs($0) } ? HistoryIndex(queue) : nil
        }
    }

    /// Opens the index for filling, which one process does; begins it where there is none, or one
    /// that cannot be used.
    package static func filling(_ path: String) throws(StateStoreError) -> HistoryIndex {
        do throws(StateStoreError) {
            if let index = try open(path) { return index }
        } catch {
            guard error.code == .corrupt else { throw error }
        }
        try discard(path)
        guard let index = try open(path) else {
            throw StateStoreError(.corrupt, "begin the history's index", path)
        }
        return index
    }

    /// Removes the index: the next that fills it begins anew.
    package static func discard(_ path: String) throws(StateStoreError) {
        // The database first: a log that is left without it is never replayed into another.
        for suffix in [""] + DamagedStores.companions where unlink(path + suffix) != 0 {
            guard errno == ENOENT else {
                throw StateStoreError(errno: errno, "remove the history's index", path + suffix)
            }
        }
    }

    private static func open(_ path: String) throws(StateStoreError) -> HistoryIndex? {
        try PrivateFile.make(path, to: "open the history's index")
        return try StateStoreError.explain("open the history's index") {
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            return try queue.write { database in
                try HistorySchema.begin(database)
                return try HistorySchema.isOurs(database)
            } ? HistoryIndex(queue) : nil
        }
    }

    private static var configuration: GRDB.Configuration {
        var configuration = GRDB.Configuration()
        configuration.label = "history"
        configuration.busyMode = .timeout(5)
        configuration.prepareDatabase { database in
            // No fsync for each commit: what a power cut takes is filled in again.
            try database.execute(
                sql: """
                    PRAGMA synchronous = NORMAL;
                    PRAGMA cache_size = -\(Limits.stateCache / 1024);
                    PRAGMA journal_size_limit = \(Limits.stateCache);
                    PRAGMA cell_size_check = ON;
                    PRAGMA trusted_schema = OFF;
                    """)
            if !database.configuration.readonly {
                try database.execute(sql: "PRAGMA journal_mode = WAL")
            }
        }
        return configuration
    }

    /// The number of a commit and its stamp in milliseconds; nil when it is not in the index.
    package func find(_ id: ObjectID) throws(StateStoreError) -> (number: Int32, time: Int64)? {
        try read("look into the history's index") { database in
            let statement = try PreparedStatement(
                database, "SELECT number, time FROM commits WHERE id = ?1")
            statement.bind(1, id.bytes)
            defer { statement.reset() }
            guard try statement.step() else { return nil }
            return (try Self.number(statement.integer(0)), statement.integer(1))
        }
    }

    /// How many paths of commits are noted: what `Limits.indexedPaths` bounds.
    package func pathCount() throws(StateStoreError) -> Int {
        try read("look into the history's index") { database in
            try Int.fetchOne(database, sql: "SELECT coalesce(sum(paths), 0) FROM commits") ?? 0
        }
    }

    /// The earliest time that a commit in it claims and that was not believed when it came in: from
    /// then on stamps in it are others than those of a walk. Nil for none.
    package func earliestRefused() throws(StateStoreError) -> Timestamp? {
        try read("look into the history's index") { database in
            try Int64.fetchOne(database, sql: "SELECT min(claim) FROM refused")
                .map { Timestamp(milliseconds: $0) }
        }
    }

    /// Adds commits in one transaction; those that are there already are passed over.
    package func add(_ entries: [Entry]) throws(StateStoreError) {
        try StateStoreError.explain("fill the history's index") {
            try queue.write { database in
                var filler = try HistoryFiller(database)
                for entry in entries { try filler.add(entry) }
                try filler.finish()
            }
        }
    }

    /// All commits, for a walk over them.
    package func commits() throws(StateStoreError) -> IndexedCommits {
        try read("read the history's index") { database in
            var commits = IndexedCommits()
            let statement = try PreparedStatement(
                database, "SELECT first, commits FROM runs ORDER BY first")
            defer { statement.reset() }
            while try statement.step() {
                try commits.add(CommitRun(statement.bytes(1)), from: statement.integer(0))
            }
            return commits
        }
    }

    /// The numbers of the commits that may have changed a path or what is below it, in no order,
    /// some of them more than once.
    package func commits(touching path: TreePath) throws(StateStoreError) -> [Int32] {
        try read("look into the history's index") { database in
            let statement = try PreparedStatement(
                database,
                """
                SELECT changes.number FROM paths CROSS JOIN changes USING (place)
                WHERE paths.path = ?1 OR (paths.path > ?2 AND paths.path < ?3)
                """)
            statement.bind(1, path.bytes)
            // What is below a directory stands between its name with a slash and with the byte
            // after the slash.
            statement.bind(2, path.bytes + [0x2f])
            statement.bind(3, path.bytes + [0x30])
            defer { statement.reset() }
            var numbers: [Int32] = []
            while try statement.step() { numbers.append(try Self.number(statement.integer(0))) }
            return numbers
        }
    }

    private static func number(_ value: Int64) throws -> Int32 {
        guard let number = Int32(exactly: value), number >= 0 else {
            throw FileRow.damaged("a commit's number")
        }
        return number
    }

    private func read<Value>(_ operation: String, _ body: (Database) throws -> Value)
        throws(StateStoreError) -> Value
    {
        try StateStoreError.explain(operation) { try queue.read(body) }
    }
}
