internal import GRDB
package import SyncModel
package import struct SyncModel.StateStoreError

extension SQLiteStateStore {
    package func advance(
        _ folder: FolderID, _ changes: [StateChange], applied: ObjectID?
    ) throws(StateStoreError) {
        guard !changes.isEmpty || applied != nil else { return }
        try write("advance the state store") { database in
            var advance = Advance(
                store: self, folder: try numberForWriting(folder, database), changes: changes)
            advance.noted = try hasDeferred(advance.folder)
            advance.parks = try hasParked(advance.folder)
            if advance.putsLeft > Self.recentLow { try clearRecent(database) }
            for change in changes { try advance.make(change, database) }
            try advance.finish(applied, database)
            try trimRecent(database)
        }
    }

    package func forget(_ folder: FolderID) throws(StateStoreError) {
        try write("forget a folder") { database in
            guard let number = try number(folder) else { return }
            for table in ["files", "recent", "deferred", "parked", "held"] {
                try database.execute(
                    sql: "DELETE FROM \(table) WHERE folder = ?", arguments: [number])
                if table == "recent" { recentCount -= database.changesCount }
            }
            try database.execute(
                sql: "DELETE FROM folders WHERE number = ?", arguments: [number])
            folderNumbers[folder] = nil
        }
    }
}

/// One `advance` on its way: the folder's row, and what it comes to.
private struct Advance {
    let store: SQLiteStateStore
    let folder: Int64
    /// Whether the folder has a note at all: most have none, and need no look for each file.
    var noted = false
    /// The same of what is parked.
    var parks = false

    /// How many puts are still to come: only the last of a batch can be among the newest.
    private(set) var putsLeft: Int
    /// By how much the number of files changes.
    private var added = 0

    init(store: SQLiteStateStore, folder: Int64, changes: [StateChange]) {
        self.store = store
        self.folder = folder
        putsLeft = changes.reduce(into: 0) { count, change in
            if case .put(let file) = change, !file.version.isDirectory { count += 1 }
        }
    }

    mutating func make(_ change: StateChange, _ database: Database) throws {
        switch change {
        case .put(let file): try put(file)
        case .remove(let path): try remove(path)
        case .deferUpdate(let path, let base): try deferUpdate(path, base)
        case .park(let path, let base): try park(path, base)
        case .clearDeferral(let path): try clearNotes(path)
        case .fact(let name, let value): try SQLiteStateStore.keep(name, value, database)
        }
    }

    func finish(_ applied: ObjectID?, _ database: Database) throws {
        let statement = try PreparedStatement(
            database,
            """
            UPDATE folders SET count = count + ?2, last_change = ?3,
            applied = ifnull(nullif(?4, x''), applied) WHERE number = ?1
            """)
        statement.bind(1, folder)
        statement.bind(2, Int64(added))
        statement.bind(3, store.lastChange)
        statement.bind(4, applied?.bytes ?? [])
        try statement.run()
    }

    private mutating func put(_ file: TrackedFile) throws {
        store.lastChange += 1
        let statements = store.statements
        FileRow.bind(statements.insert, folder, file, change: store.lastChange)
        let isFile = !file.version.isDirectory
        if try statements.insert.run() > 0 {
            added += isFile ? 1 : 0
        } else {
            let wasFile = try dropRecent(file.path)
            added += (isFile ? 1 : 0) - (wasFile ? 1 : 0)
            FileRow.bind(statements.update, folder, file, change: store.lastChange)
            try statements.update.run()
        }
        if isFile, putsLeft <= SQLiteStateStore.recentLow {
            FileRow.bindKey(statements.addRecent, folder, file.path)
            statements.addRecent.bind(4, store.lastChange)
            try statements.addRecent.run()
            store.recentCount += 1
        }
        if isFile { putsLeft -= 1 }
        if let base = file.base {
            try deferUpdate(file.path, base)
        } else {
            try clearNotes(file.path)
        }
    }

    private mutating func remove(_ path: TreePath) throws {
        let wasFile = try dropRecent(path)
        FileRow.bindKey(store.statements.remove, folder, path)
        let removed = try store.statements.remove.run()
        if wasFile { added -= removed }
    }

    private mutating func deferUpdate(_ path: TreePath, _ base: ObjectID) throws {
        try clearNotes(path)
        try note(path, base, store.statements.deferUpdate)
        noted = true
    }

    private mutating func park(_ path: TreePath, _ base: ObjectID) throws {
        try clearNotes(path)
        try note(path, base, store.statements.park)
        parks = true
    }

    private func note(
        _ path: TreePath, _ base: ObjectID, _ statement: PreparedStatement
    ) throws {
        statement.bind(1, folder)
        statement.bind(2, path.bytes)
        statement.bind(3, base.bytes)
        try statement.run()
    }

    private func clearNotes(_ path: TreePath) throws {
        let statements = store.statements
        for (isUsed, statement) in [(noted, statements.clearDeferral), (parks, statements.unpark)]
        where isUsed {
            statement.bind(1, folder)
            statement.bind(2, path.bytes)
            try statement.run()
        }
    }

    /// Takes the path's older change from among the newest.
    /// - Returns: whether it has one, and is no empty directory.
    private func dropRecent(_ path: TreePath) throws -> Bool {
        let statements = store.statements
        FileRow.bindKey(statements.change, folder, path)
        defer { statements.change.reset() }
        guard try statements.change.step() else { return false }
        statements.removeRecent.bind(1, statements.change.integer(0))
        store.recentCount -= try statements.removeRecent.run()
        return !FileRow.isDirectory(kind: statements.change.integer(1))
    }
}
