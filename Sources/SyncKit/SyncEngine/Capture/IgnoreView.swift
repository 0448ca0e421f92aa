internal import SyncModel
internal import SyncTree
internal import Synchronization

/// The `.gitignore` files of a folder, read as directories are looked at and remembered until one
/// of them changes. The watch asks it too, on a thread of its own.
final class IgnoreView: Sendable {
    private let access: any FolderAccess
    private let known = Mutex<[TreePath?: Directory]>([:])
    private let lastKept = Mutex<[TreePath?: Kept]>([:])
    private let joined = Mutex<[TreePath?: [UInt8]]>([:])
    /// Each `.gitignore` as it was last read: what holds while it cannot be.
    private let lastRead = Mutex<[TreePath?: [UInt8]]>([:])

    /// Rules that outlive their file.
    struct Kept: Sendable, Equatable {
        /// The blob of the file that was there.
        let id: ObjectID
        let content: [UInt8]
        /// When it is decided whether they go on; nil where that is decided.
        let until: Timestamp?

        static func == (left: Self, right: Self) -> Bool {
            left.id == right.id && left.until == right.until
        }
    }

    /// What holds in one directory.
    struct Directory: Sendable {
        fileprivate let rules: IgnoreRules
        /// Whether the rules leave out the directory or one above it.
        let isIgnored: Bool

        /// Whether the rules leave out what stands at a path in this directory.
        func isIgnored(_ path: TreePath, isDirectory: Bool) -> Bool {
            isIgnored || rules.isEntryIgnored(path, isDirectory: isDirectory)
        }
    }

    init(_ access: any FolderAccess) { self.access = access }

    /// Forgets what was read: a `.gitignore` changed.
    func reset() { known.withLock { $0 = [:] } }

    /// The directories at or below some whose `.gitignore` was read.
    func directories(below places: Set<TreePath>) -> [TreePath] {
        if places.isEmpty { return [] }
        return lastRead.withLock { $0.keys.compactMap(\.self) }.filter { directory in
            places.contains(directory) || directory.ancestors.contains(where: places.contains)
        }
    }

    /// Whether a `.gitignore` that was read, at or below one of some directories, is another one by
    /// now, or gone: what stands in a directory can be exchanged as a whole.
    func haveChanged(below places: Set<TreePath>) throws(FolderError) -> Bool {
        let before = lastRead.withLock { $0 }
        for directory in directories(below: places) {
            if try ownContent(in: directory) != before[directory] { return true }
        }
        return false
    }

    /// The rules that outlive their file, by directory.
    var kept: [TreePath?: Kept] { lastKept.withLock { $0 } }

    /// Sets the rules that hold in directories without a `.gitignore`.
    func keep(_ rules: [TreePath?: Kept]) {
        lastKept.withLock { $0 = rules }
        reset()
    }

    /// Sets the rules that hold beside each directory's own, which have the last word.
    func join(_ rules: [TreePath?: [UInt8]]) {
        let isSame = joined.withLock { joined in
            defer { joined = rules }
            return joined == rules
        }
        if !isSame { reset() }
    }

    /// Whether the rules leave a path out, itself or a directory above it.
    func isIgnored(_ path: TreePath, isDirectory: Bool) throws(FolderError) -> Bool {
        try directory(path.parent).isIgnored(path, isDirectory: isDirectory)
    }

    /// What holds in a directory; nil is the root.
    func directory(_ path: TreePath?) throws(FolderError) -> Directory {
        if let known = known.withLock({ $0[path] }) { return known }
        var above = Directory(rules: IgnoreRules(), isIgnored: false)
        var isIgnored = false
        if let path {
            above = try directory(path.parent)
            isIgnored = above.isIgnored(path, isDirectory: true)
        }
        // Nothing below an ignored directory can be brought back, so its own rules are not asked.
        let content = isIgnored ? [] : try content(in: path)
        let result = Directory(
            rules: above.rules.adding(gitignore: content, at: path), isIgnored: isIgnored)
        known.withLock { $0[path] = result }
        return result
    }

    private func content(in directory: TreePath?) throws(FolderError) -> [UInt8] {
        let own = try ownContent(in: directory)
        return joined.withLock { $0[directory] }.map { $0 + [0x0a] + own } ?? own
    }

    private func ownContent(in directory: TreePath?) throws(FolderError) -> [UInt8] {
        guard let path = directory.map({ $0.appending(Self.name) }) ?? TreePath(Self.name) else {
            return []
        }
        do throws(FolderError) {
            let content = try access.read(path).rules
            lastRead.withLock { $0[directory] = content }
            return content
        } catch {
            if error.code == .notFound {
                lastRead.withLock { $0[directory] = nil }
                return kept[directory]?.content ?? []
            }
            guard error.code.reason != nil else { throw error }
            // Rules that somebody is writing, or that cannot be read now, go on as they were: to
            // rule nothing would take in all that they leave out.
            return lastRead.withLock { $0[directory] } ?? asItStands(path, error)
        }
    }

    /// The content of a file that a program has open; of one that cannot be read at all nothing.
    private func asItStands(_ path: TreePath, _ error: FolderError) -> [UInt8] {
        guard error.code == .busy else { return [] }
        do { return try access.read(path, whileOpen: true).rules } catch { return [] }
    }

    /// The name of the files that hold the rules.
    static let name = Array(".gitignore".utf8)
}

extension FileSnapshot {
    /// The rules that a `.gitignore` says; a symbolic link's target says none, and git follows no
    /// such link.
    fileprivate var rules: [UInt8] { isFile ? content : [] }
}
