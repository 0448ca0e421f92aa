internal import SyncModel
internal import struct SyncModel.StateStoreError

/// How a file's columns are bound to a statement, and read from it.
extension FileRow {
    /// The columns that follow the key and the change number, in the order of `bind` and `read`.
    static let columns =
        "kind, id, sha256, size, modified, changed, checked, inode, device, source"

    /// Whether a row's kind is another than an empty directory's, for a query.
    static let isFile = "NOT kind BETWEEN 24 AND 31"

    /// Whether a row's kind is an empty directory's.
    static func isDirectory(kind: Int64) -> Bool { (24...31).contains(kind) }

    /// Binds the key: folder, directory and name as parameters 1 to 3.
    static func bindKey(_ statement: PreparedStatement, _ folder: Int64, _ path: TreePath) {
        statement.bind(1, folder)
        if let slash = path.bytes.lastIndex(of: 0x2f) {
            statement.bind(2, path.bytes[..<slash])
            statement.bind(3, path.bytes[(slash + 1)...])
        } else {
            statement.bind(2, [])
            statement.bind(3, path.bytes)
        }
    }

    /// Binds key, change number and columns as parameters 1 to 14.
    static func bind(
        _ statement: PreparedStatement, _ folder: Int64, _ file: TrackedFile, change: Int64
    ) {
        bindKey(statement, folder, file.path)
        let columns = FileColumns(file)
        statement.bind(4, change)
        statement.bind(5, columns.kind)
        statement.bind(6, columns.id)
        statement.bind(7, columns.sha256)
        statement.bind(8, columns.size)
        statement.bind(9, columns.modified)
        statement.bind(10, columns.changed)
        statement.bind(11, columns.checked)
        statement.bind(12, columns.inode)
        statement.bind(13, columns.device)
        statement.bind(14, columns.source)
    }

    /// Reads the row that the statement stands at; columns from 0 in the order of `columns`.
    /// - Throws: `StateStoreError` with `.corrupt` when no file can have such parts.
    static func read(
        _ statement: PreparedStatement, path: TreePath, base: ObjectID?
    ) throws(StateStoreError) -> TrackedFile {
        try FileColumns(
            kind: statement.integer(0), id: statement.bytes(1), sha256: statement.bytes(2),
            size: statement.integer(3), modified: statement.integer(4),
            changed: statement.integer(5), checked: statement.integer(6),
            inode: statement.integer(7), device: statement.integer(8), source: statement.text(9)
        ).file(path, base: base)
    }
}
