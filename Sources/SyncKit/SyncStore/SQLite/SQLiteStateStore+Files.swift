internal import GRDB
package import SyncModel
package import struct SyncModel.StateStoreError

extension SQLiteStateStore {
    package func file(
        _ folder: FolderID, _ path: TreePath
    ) throws(StateStoreError) -> TrackedFile? {
        try read("read a file's rows") { _ in
            guard let number = try number(folder) else { return nil }
            let statement = statements.file
            FileRow.bindKey(statement, number, path)
            defer { statement.reset() }
            guard try statement.step() else { return nil }
            return try FileRow.read(statement, path: path, base: try base(number, path))
        }
    }

    package func files(
        _ folder: FolderID, in directory: TreePath?
    ) throws(StateStoreError) -> [TrackedFile] {
        try read("read a directory's rows") { _ in
            guard let number = try number(folder) else { return [] }
            let noted = try hasDeferred(number)
            let statement = statements.directory
            statement.bind(1, number)
            statement.bind(2, directory?.bytes ?? [])
            defer { statement.reset() }
            var files: [TrackedFile] = []
            while try statement.step() {
                let path = try FileRow.path(directory?.bytes ?? [], statement.bytes(10))
                files.append(
                    try FileRow.read(
                        statement, path: path, base: noted ? try base(number, path) : nil))
            }
            return files
        }
    }

    package func directory(
        _ folder: FolderID, after directory: TreePath?, below place: TreePath?
    ) throws(StateStoreError) -> TreePath? {
        try read("read the next directory") { _ in
            guard let number = try number(folder) else { return nil }
            let statement = statements.nextDirectory
            statement.bind(1, number)
            statement.bind(2, Self.start(after: directory, below: place))
            defer { statement.reset() }
            guard try statement.step() else { return nil }
            let next = try FileRow.path([], statement.bytes(0))
            return place.map { next.isAtOrBelow($0) } ?? true ? next : nil
        }
    }

    package func paths(
        _ folder: FolderID, named name: [UInt8]
    ) throws(StateStoreError) -> [TreePath] {
        try read("read the rows of a name") { database in
            guard let number = try number(folder) else { return [] }
            let statement = try PreparedStatement(
                database, "SELECT dir FROM files WHERE folder = ?1 AND name = ?2 ORDER BY dir")
            statement.bind(1, number)
            statement.bind(2, name)
            defer { statement.reset() }
            var paths: [TreePath] = []
            while try statement.step() { paths.append(try FileRow.path(statement.bytes(0), name)) }
            return paths.sorted()
        }
    }

    package func count(_ folder: FolderID) throws(StateStoreError) -> Int {
        try read("count the files") { database in
            guard let number = try number(folder) else { return 0 }
            return try Int.fetchOne(
                database, sql: "SELECT count FROM folders WHERE number = ?", arguments: [number])
                ?? 0
        }
    }

    package func deferred(_ folder: FolderID) throws(StateStoreError) -> [DeferredPath] {
        try read("read what waits to be applied") { database in
            guard let number = try number(folder) else { return [] }
            return try notes(number, in: "deferred", database)
        }
    }

    /// The notes of a folder, of one kind.
    func notes(
        _ number: Int64, in table: String, _ database: Database
    ) throws -> [DeferredPath] {
        let statement = try PreparedStatement(
            database, "SELECT path, base FROM \(table) WHERE folder = ?1 ORDER BY path")
        statement.bind(1, number)
        defer { statement.reset() }
        var paths: [DeferredPath] = []
        while try statement.step() {
            let path = try FileRow.path([], statement.bytes(0))
            paths.append(DeferredPath(path: path, base: try FileRow.commit(statement.bytes(1))))
        }
        return paths
    }

    package func applied(_ folder: FolderID) throws(StateStoreError) -> ObjectID? {
        try read("read the applied commit") { database in
            guard let number = try number(folder) else { return nil }
            let statement = try PreparedStatement(
                database, "SELECT applied FROM folders WHERE number = ?1")
            statement.bind(1, number)
            defer { statement.reset() }
            guard try statement.step(), !statement.isNull(0) else { return nil }
            return try FileRow.commit(statement.bytes(0))
        }
    }

    /// Whether the folder has any path whose newer version waits.
    func hasDeferred(_ number: Int64) throws -> Bool {
        statements.isDeferred.bind(1, number)
        defer { statements.isDeferred.reset() }
        return try statements.isDeferred.step()
    }

    /// The commit that the path's version is of, when a newer one waits.
    func base(_ number: Int64, _ path: TreePath) throws -> ObjectID? {
        try base(number, path, statements.base)
    }

    /// The commit that a statement finds noted at a path.
    func base(
        _ number: Int64, _ path: TreePath, _ statement: PreparedStatement
    ) throws -> ObjectID? {
        statement.bind(1, number)
        statement.bind(2, path.bytes)
        defer { statement.reset() }
        return try statement.step() ? FileRow.commit(statement.bytes(0)) : nil
    }
}
