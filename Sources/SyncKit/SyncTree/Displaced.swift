internal import SyncModel

/// A version that apply moved out of its place. Its file's name in the staging directory says
/// everything, so that a crash at any moment loses neither the file nor what it was.
struct Displaced: Sendable, Equatable {
    /// How it came here; decides what a crash in the middle means.
    enum Cause: UInt8, Sendable {
        /// Exchanged with its replacement: before the exchange the file is the replacement.
        case exchanged = 0x78  // x
        /// Moved aside where the file system cannot exchange; the replacement follows.
        case movedAside = 0x6d  // m
        /// Removed from the folder.
        case removed = 0x72  // r
    }

    let token: UInt64
    let path: TreePath
    /// What stood at the path as far as the store knew.
    let base: FileVersion
    /// What took its place; nil after a removal.
    let replacement: FileVersion?
    var cause: Cause
    /// How long a name may be in the staging directory, in bytes.
    let nameBytes: Int
    /// Whether an earlier run of the program left it.
    var isRecovered = false

    /// Whether a version is in the object store for sure, because apply read or wrote it.
    func isKnown(_ snapshot: FileSnapshot) -> Bool {
        let version = snapshot.version(like: base)
        if version == base { return true }
        guard let replacement, version.id == replacement.id else { return false }
        return snapshot.mode.map { $0 == replacement.mode } ?? replacement.mode.isFile
    }

    /// `<cause>-<token>-<base>-<replacement>-<path>`, in the path byte 1 for each slash. A path
    /// that has no room there, or that holds byte 1, stands in a file beside it.
    var name: [CChar] {
        cName(prefix + (fits ? path.bytes.map { $0 == 0x2f ? 1 : $0 } : [1]))
    }

    /// The name of the file that holds a path which does not fit; nil when it does.
    var pathFileName: [CChar]? { fits ? nil : Self.pathFileName(token) }

    /// The name of the file beside a displaced one that holds its path.
    static func pathFileName(_ token: UInt64) -> [CChar] {
        cName("p-\(String(token, radix: 16))".utf8)
    }

    /// What stands before the path at most: the cause, a token of 16 digits, two versions of 46
    /// bytes, and the dashes. With it 140 bytes of path fit into a name of 255, a few into one of
    /// eCryptfs.
    private static let prefixBytes = 115

    private var fits: Bool {
        path.bytes.count <= nameBytes - Self.prefixBytes && !path.bytes.contains(1)
    }

    private var prefix: [UInt8] {
        var prefix = [cause.rawValue, 0x2d]
        prefix += Array(String(token, radix: 16).utf8)
        prefix += [0x2d] + Self.text(base) + [0x2d] + Self.text(replacement) + [0x2d]
        return prefix
    }

    private static func text(_ version: FileVersion?) -> [UInt8] {
        guard let version else { return [0x30] }
        return Array((version.mode.octal + version.id.hex).utf8)
    }

    private static func version(_ text: ArraySlice<UInt8>) -> FileVersion? {
        let octal = text.prefix(6)
        guard text.count == 46, let mode = FileMode(octal: octal.span),
            mode.isFile || mode == .symbolicLink,
            let id = ObjectID(hex: String(decoding: text.dropFirst(6), as: UTF8.self))
        else { return nil }
        return FileVersion(mode: mode, id: id)
    }

    init(
        token: UInt64, path: TreePath, base: FileVersion, replacement: FileVersion?, cause: Cause,
        nameBytes: Int = Limits.nameBytes
    ) {
        self.nameBytes = nameBytes
        self.token = token
        self.path = path
        self.base = base
        self.replacement = replacement
        self.cause = cause
    }

    /// Reads a name back.
    /// - Parameters:
    ///   - nameBytes: how long a name may be there, in bytes.
    ///   - longPath: gives the content of a path file by its name; nil when unreadable.
    /// - Returns: nil when the name was not made by `name`.
    init?(
        parsing name: [CChar], nameBytes: Int = Limits.nameBytes,
        longPath: ([CChar]) -> [UInt8]?
    ) {
        let bytes = name.dropLast().map { UInt8(bitPattern: $0) }
        let parts = bytes.split(
            separator: 0x2d, maxSplits: 4, omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0].count == 1, let cause = Cause(rawValue: bytes[0]),
            let token = UInt64(String(decoding: parts[1], as: UTF8.self), radix: 16),
            token < .max, let base = Self.version(parts[2])
        else { return nil }
        let replacement = Self.version(parts[3])
        guard replacement != nil || parts[3].elementsEqual([0x30]) else { return nil }
        let pathBytes =
            parts[4].elementsEqual([1])
            ? longPath(Self.pathFileName(token)) : parts[4].map { $0 == 1 ? 0x2f : $0 }
        guard let pathBytes, let path = TreePath(pathBytes) else { return nil }
        self.init(
            token: token, path: path, base: base, replacement: replacement, cause: cause,
            nameBytes: nameBytes)
    }

    /// The same file after its content as it is now has been captured.
    func rebased(on captured: FileVersion) -> Displaced {
        var result = Displaced(
            token: token, path: path, base: captured, replacement: replacement, cause: cause,
            nameBytes: nameBytes)
        result.isRecovered = isRecovered
        return result
    }
}

/// What is displaced now, by token: the order in which it was.
struct DisplacedTable: Sendable {
    var files: [UInt64: Displaced] = [:]
    /// Where those stood that a program had open for writing when all were looked at last.
    var inUse: Set<TreePath> = []

    /// The oldest first.
    var inOrder: [Displaced] { files.values.sorted { $0.token < $1.token } }
}
