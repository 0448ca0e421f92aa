internal import SyncModel
internal import struct SyncModel.StateStoreError

/// A file as the columns of `files` hold it, but for its path: any value may stand in a column of
/// a database that was damaged.
struct FileColumns: Equatable {
    private static let modes: [FileMode] = [
        .regular, .executable, .symbolicLink, .directory, .submodule,
    ]
    private static let kinds: [FileKind] = [
        .file(executable: false), .file(executable: true), .symbolicLink, .directory, .special,
    ]

    /// Both the mode in git and the kind on disk, in one byte.
    var kind: Int64
    /// The blob's name.
    var id: [UInt8]
    /// SHA-256 of the content.
    var sha256: [UInt8]
    /// In bytes.
    var size: Int64
    /// Nanoseconds since 1970 UTC.
    var modified: Int64
    /// What `changed` is more than `modified`.
    var changed: Int64
    /// What `checked` is more than `changed`.
    var checked: Int64
    /// The bits of the inode's number.
    var inode: Int64
    /// The bits of the device's number.
    var device: Int64
    /// The device that made the version; nil is this one.
    var source: String?

    init(
        kind: Int64, id: [UInt8], sha256: [UInt8], size: Int64, modified: Int64, changed: Int64,
        checked: Int64, inode: Int64, device: Int64, source: String?
    ) {
        (self.kind, self.id, self.sha256, self.size) = (kind, id, sha256, size)
        (self.modified, self.changed, self.checked) = (modified, changed, checked)
        (self.inode, self.device, self.source) = (inode, device, source)
    }

    /// Makes the columns of a file. Differences of times wrap, and come back as they were.
    init(_ file: TrackedFile) {
        let stat = file.stat
        self.init(
            kind: Self.kind(file), id: file.version.id.bytes, sha256: file.sha256,
            size: stat.size, modified: stat.modified, changed: stat.changed &- stat.modified,
            checked: file.checked &- stat.changed, inode: Int64(bitPattern: stat.inode),
            device: Int64(bitPattern: stat.device), source: file.source)
    }

    /// The file.
    /// - Throws: `StateStoreError` with `.corrupt` when no file can have such parts.
    func file(_ path: TreePath, base: ObjectID?) throws(StateStoreError) -> TrackedFile {
        guard (0...Int64(UInt8.max)).contains(kind), Self.kinds.indices.contains(Int(kind) & 7),
            Self.modes.indices.contains(Int(kind) >> 3), let id = ObjectID(id)
        else { throw FileRow.damaged("a file's row") }
        let changed = modified &+ changed
        let stat = FileStat(
            kind: Self.kinds[Int(kind) & 7], size: size, modified: modified, changed: changed,
            inode: UInt64(bitPattern: inode), device: UInt64(bitPattern: device))
        return TrackedFile(
            path: path, version: FileVersion(mode: Self.modes[Int(kind) >> 3], id: id),
            stat: stat, checked: changed &+ checked, sha256: sha256, source: source, base: base)
    }

    private static func kind(_ file: TrackedFile) -> Int64 {
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

/// What a row of `files` is besides its columns: a path, and the error for what cannot be one.
enum FileRow {
    /// A path of directory and name as they stand in columns.
    static func path(_ directory: [UInt8], _ name: [UInt8]) throws(StateStoreError) -> TreePath {
        guard let path = TreePath(directory.isEmpty ? name : directory + [0x2f] + name) else {
            throw damaged("a path")
        }
        return path
    }

    /// A commit's name as it stands in a column.
    static func commit(_ bytes: [UInt8]) throws(StateStoreError) -> ObjectID {
        guard let id = ObjectID(bytes) else { throw damaged("a commit's name") }
        return id
    }

    /// The error for a value that this program never wrote.
    static func damaged(_ what: String) -> StateStoreError {
        StateStoreError(.corrupt, "read the state store", "\(what) cannot be right")
    }
}
