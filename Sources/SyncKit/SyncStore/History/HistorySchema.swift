internal import GRDB
internal import SyncModel

/// What stands in `history.db`. Any other version is removed and made anew.
enum HistorySchema {
    /// `user_version` of the tables below; raise it with every change of them or of what a row
    /// means.
    private static let version: Int32 = 5
    /// `application_id`: "syhi" in ASCII.
    private static let application: Int32 = 0x7379_6869

    /// Numbers of commits begin at 0 and have no gaps. `commits` is to find one by its name, `runs`
    /// to read all of them: each row has as many as `CommitRun.most`, but the last.
    /// A path stands once, and `changes` is ordered by it: the commits of a path are one range.
    /// `refused` has the times that commits claim and that were not believed, in milliseconds.
    private static let tables = """
        CREATE TABLE commits(
            number INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, time INTEGER NOT NULL,
            paths INTEGER NOT NULL) STRICT;
        CREATE TABLE runs(first INTEGER PRIMARY KEY, commits BLOB NOT NULL) STRICT;
        CREATE TABLE paths(place INTEGER PRIMARY KEY, path BLOB NOT NULL UNIQUE) STRICT;
        CREATE TABLE changes(
            place INTEGER NOT NULL, number INTEGER NOT NULL,
            PRIMARY KEY(place, number)) STRICT, WITHOUT ROWID;
        CREATE TABLE refused(claim INTEGER PRIMARY KEY) STRICT;
        PRAGMA application_id = \(application);
        PRAGMA user_version = \(version);
        """

    /// Makes the tables in a database that has none.
    static func begin(_ database: Database) throws {
        let tables = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_schema") ?? 0
        if tables == 0 { try database.execute(sql: Self.tables) }
    }

    /// Whether the tables are those above.
    static func isOurs(_ database: Database) throws -> Bool {
        func pragma(_ name: String) throws -> Int32 {
            try Int32.fetchOne(database, sql: "PRAGMA \(name)") ?? 0
        }
        return try pragma("application_id") == application && pragma("user_version") == version
    }
}

/// Adds commits to the index, within one transaction.
struct HistoryFiller {
    private let find: PreparedStatement
    private let addCommit: PreparedStatement
    private let findPath: PreparedStatement
    private let addPath: PreparedStatement
    private let addChange: PreparedStatement
    private let addRun: PreparedStatement
    private let database: Database
    private var next: Int64
    /// The commits from `first` on, the last row's among them.
    private var run = CommitRun()
    private var first: Int64

    init(_ database: Database) throws {
        self.database = database
        find = try PreparedStatement(database, "SELECT number FROM commits WHERE id = ?1")
        addCommit = try PreparedStatement(
            database,
            """
            INSERT INTO commits(number, id, time, paths) VALUES (?1, ?2, ?3, ?4)
            """)
        addRun = try PreparedStatement(
            database, "INSERT OR REPLACE INTO runs(first, commits) VALUES (?1, ?2)")
        findPath = try PreparedStatement(database, "SELECT place FROM paths WHERE path = ?1")
        addPath = try PreparedStatement(database, "INSERT INTO paths(path) VALUES (?1)")
        addChange = try PreparedStatement(
            database, "INSERT OR IGNORE INTO changes(place, number) VALUES (?1, ?2)")
        next = try Int64.fetchOne(database, sql: "SELECT count(*) FROM commits") ?? 0
        first = next
        let last = try PreparedStatement(
            database, "SELECT first, commits FROM runs ORDER BY first DESC LIMIT 1")
        defer { last.reset() }
        if try last.step(), next - last.integer(0) < CommitRun.most {
            (first, run) = (last.integer(0), CommitRun(last.bytes(1)))
        }
    }

    /// Adds a commit.
    /// - Throws: `StateStoreError` when a parent is not there.
    mutating func add(_ entry: HistoryIndex.Entry) throws {
        if try number(entry.id) != nil { return }
        var parents: [Int32] = []
        for parent in entry.parents {
            guard let number = try number(parent).flatMap({ Int32(exactly: $0) }) else {
                throw StateStoreError(
                    .io, "fill the history's index", "\(parent.short) is to come before its child")
            }
            parents.append(number)
        }
        addCommit.bind(1, next)
        addCommit.bind(2, entry.id.bytes)
        addCommit.bind(3, entry.time)
        addCommit.bind(4, Int64(entry.paths.count))
        try addCommit.run()
        if next - first == CommitRun.most {
            try finish()
            (first, run) = (next, CommitRun())
        }
        run.add(entry.id, time: entry.time, isMerge: entry.isMerge, parents: parents)
        if let refused = entry.refused {
            try database.execute(
                sql: "INSERT OR IGNORE INTO refused(claim) VALUES (?)",
                arguments: [refused.milliseconds])
        }
        for path in entry.paths {
            addChange.bind(1, try place(path))
            addChange.bind(2, next)
            try addChange.run()
        }
        next += 1
    }

    /// Writes the row that was added to last.
    func finish() throws {
        if next == first { return }
        addRun.bind(1, first)
        addRun.bind(2, run.bytes)
        try addRun.run()
    }

    private func number(_ id: ObjectID) throws -> Int64? {
        find.bind(1, id.bytes)
        defer { find.reset() }
        return try find.step() ? find.integer(0) : nil
    }

    private func place(_ path: TreePath) throws -> Int64 {
        findPath.bind(1, path.bytes)
        defer { findPath.reset() }
        if try findPath.step() { return findPath.integer(0) }
        addPath.bind(1, path.bytes)
        try addPath.run()
        return database.lastInsertedRowID
    }
}
