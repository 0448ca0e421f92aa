internal import GRDB
internal import SyncModel
internal import struct SyncModel.RecordError

/// A file as a row of `files`: how its parts become columns and come back.
enum FileRow {
    /// The columns that follow the key and the change number, in the order of `bind` and `read`.
    static let columns =
        "kind, id, sha256, size, modified, changed, checked, inode, device, source"

    /// Whether a row's kind is another than an empty directory's, for a query.
    static let isFile = "NOT kind BETWEEN 24 AND 31"

    /// Whether a row's kind is an empty directory's.
    static func isDirectory(kind: Int64) -> Bool { (24...31).contains(kind) }

    private static let modes: [FileMode] = [
        .regular, .executable, .symbolicLink, .directory, .submodule,
    ]
    private static let kinds: [FileKind] = [
        .file(executable: false), .file(executable: true), .symbolicLink, .directory, .special,
    ]

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
        _ statement: PreparedStatement, _ folder: Int64, _ file: RecordedFile, change: Int64
    ) {
        bindKey(statement, folder, file.path)
        let stat = file.stat
        statement.bind(4, change)
        statement.bind(5, kind(file))
        statement.bind(6, file.version.id.bytes)
        statement.bind(7, file.sha256)
        statement.bind(8, stat.size)
        statement.bind(9, stat.modified)
        statement.bind(10, stat.changed &- stat.modified)
        statement.bind(11, file.checked &- stat.changed)
        statement.bind(12, Int64(bitPattern: stat.inode))
        statement.bind(13, Int64(bitPattern: stat.device))
        statement.bind(14, file.source)
    }

    /// Reads the row that the statement stands at; columns from 0 in the order of `columns`.
    /// - Throws: `RecordError` with `.corrupt` when no file can have such parts.
    static func read(
        _ statement: PreparedStatement, path: TreePath, base: ObjectID?
    ) throws(RecordError) -> RecordedFile {
        let kind = Int(statement.integer(0))
        guard kinds.indices.contains(kind & 7), modes.indices.contains(kind >> 3),
            let id = ObjectID(statement.bytes(1))
        else { throw damaged("a file's row") }
        let modified = statement.integer(4)
        let changed = modified &+ statement.integer(5)
        let stat = FileStat(
            kind: kinds[kind & 7], size: statement.integer(3), modified: modified,
            changed: changed, inode: UInt64(bitPattern: statement.integer(7)),
            device: UInt64(bitPattern: statement.integer(8)))
        return RecordedFile(
            path: path, version: FileVersion(mode: modes[kind >> 3], id: id), stat: stat,
            checked: changed &+ statement.integer(6), sha256: statement.bytes(2),
            source: statement.text(9), base: base)
    }

    /// A path of directory and name as they stand in columns.
    static func path(_ directory: [UInt8], _ name: [UInt8]) throws(RecordError) -> TreePath {
        guard let path = TreePath(directory.isEmpty ? name : directory + [0x2f] + name) else {
            throw damaged("a path")
        }
        return path
    }

    /// The error for a value that this program never wrote.
    static func damaged(_ what: String) -> RecordError {
        RecordError(.corrupt, "read the record", "\(what) cannot be right")
    }

    /// Both the mode in git and the kind on disk, in one byte.
    private static func kind(_ file: RecordedFile) -> Int64 {
        let mode: Int64 =
            switch file.version.mode {
            case .regular: 0
            case .executable: 1
            case .symbolicLink: 2
            case .directory: 3
            case .submodule: 4
            }
        let kind: Int64 =
            switch file.stat.kind {
            case .file(let executable): executable ? 1 : 0
            case .symbolicLink: 2
            case .directory: 3
            case .special: 4
            }
        return mode << 3 | kind
    }
}
