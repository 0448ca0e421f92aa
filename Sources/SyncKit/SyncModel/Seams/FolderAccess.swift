/// What kind of thing stands at a path.
package enum FileKind: Sendable, Hashable {
    /// Never executable where the file system keeps no such bit.
    case file(executable: Bool)
    case symbolicLink
    case directory
    /// FIFO, socket or device: never synced.
    case special

    /// The mode git stores for it; nil for what git does not store as a blob.
    package var mode: FileMode? {
        switch self {
        case .file(let executable): executable ? .executable : .regular
        case .symbolicLink: .symbolicLink
        case .directory, .special: nil
        }
    }
}

/// What `lstat` says of a path, as far as it helps to see a change.
package struct FileStat: Sendable, Hashable {
    /// File, link, directory or neither.
    package let kind: FileKind
    /// Bytes.
    package let size: Int64
    /// Nanoseconds since 1970 UTC.
    package let modified: Int64
    /// Inode change time, nanoseconds since 1970 UTC.
    package let changed: Int64
    /// Unique on the device while the file is there; used again later.
    package let inode: UInt64
    /// The file system's number; may change with a mount.
    package let device: UInt64

    package init(
        kind: FileKind, size: Int64, modified: Int64, changed: Int64, inode: UInt64, device: UInt64
    ) {
        self.kind = kind
        self.size = size
        self.modified = modified
        self.changed = changed
        self.inode = inode
        self.device = device
    }
}

/// A directory's entry with its stat.
package struct FolderEntry: Sendable, Hashable {
    /// One path component, bytes as the file system has them.
    package let name: [UInt8]
    /// Of the entry itself, links not followed; of one that the system says nothing about, as of a
    /// mount whose server is gone, something special of no size.
    package let stat: FileStat
    /// Why the system says nothing about it; nil where it does.
    package let failure: FolderError.Code?

    package init(name: [UInt8], stat: FileStat) {
        (self.name, self.stat, failure) = (name, stat, nil)
    }

    /// An entry that the system says nothing about.
    package init(name: [UInt8], failure: FolderError.Code) {
        self.name = name
        stat = FileStat(kind: .special, size: 0, modified: 0, changed: 0, inode: 0, device: 0)
        self.failure = failure
    }
}

/// A file as it stood at one moment: content and stat belong together.
package struct FileSnapshot: Sendable {
    /// As git stores it; nil of a file on a file system that keeps no executable bit.
    package let mode: FileMode?
    /// The bytes; of a symbolic link its target.
    package let content: [UInt8]
    /// Equal before and after the read.
    package let stat: FileStat

    package init(mode: FileMode?, content: [UInt8], stat: FileStat) {
        self.mode = mode
        self.content = content
        self.stat = stat
    }

    /// Whether it is no link.
    package var isFile: Bool { mode != .symbolicLink }

    /// What git would call it.
    /// - Parameter known: what stands there as far as is known; a file whose own executable bit
    ///   is not kept has that one's.
    package func version(like known: FileVersion?) -> FileVersion {
        let id = ObjectID(hashing: content, as: .blob)
        return mode.map { FileVersion(mode: $0, id: id) } ?? .content(id, inPlaceOf: known)
    }

    /// Whether it is a version, as far as the file system keeps what tells.
    package func isVersion(_ known: FileVersion?) -> Bool {
        known.map { version(like: $0) == $0 } ?? false
    }
}

/// A new version written beside the folder, ready to be put in its place.
package struct StagedFile: Sendable, Hashable {
    /// Names the staging file; its meaning is the folder access's own.
    package let token: UInt64
    /// What installing it puts in place.
    package let version: FileVersion
    /// Whether the content is a SQLite database.
    package let isDatabase: Bool

    package init(token: UInt64, version: FileVersion, isDatabase: Bool = false) {
        self.token = token
        self.version = version
        self.isDatabase = isDatabase
    }
}

/// How an attempt to change one path of a folder ended.
package enum ApplyOutcome: Sendable, Equatable {
    /// It was done; the stat of what stands there now (nil after a removal).
    case done(FileStat?)
    /// A program has the file open for writing: try again later. Nothing was changed.
    case busy
    /// Something other than the expected version stands there: capture it first. Nothing changed.
    case differs
    /// A directory with files stands in the way, or a file where a directory is needed.
    case obstructed
    /// A SQLite database with a log or journal beside it: it waits until that is empty.
    case inUse
}

/// A version that apply moved out of its place and that was written to afterwards, or was not
/// the expected one: a local edit of `path`, to be captured, then forgotten.
package struct DisplacedFile: Sendable {
    /// Names the file to `forget`; unique in its folder.
    package let token: UInt64
    /// Where it stood, below the folder's root.
    package let path: TreePath
    /// What it holds now: the local edit.
    package let snapshot: FileSnapshot
    /// The version that apply replaced or removed: what the edit was made on.
    package let base: FileVersion?

    package init(
        token: UInt64, path: TreePath, snapshot: FileSnapshot, base: FileVersion? = nil
    ) {
        self.token = token
        self.path = path
        self.snapshot = snapshot
        self.base = base
    }
}

/// A watched folder as capture and apply see it. All paths are relative to the folder's root and
/// are resolved below it without following a symbolic link or crossing a file system.
/// Calls are safe from any thread.
package protocol FolderAccess: Sendable {
    /// Checks that the root is there and is the directory it was when first seen.
    /// - Throws: `.rootMissing`, `.rootReplaced`.
    func checkRoot() throws(FolderError)

    /// The directory's entries, unordered; nil is the root. Names of the apply's own staging
    /// files are left out.
    /// - Parameter count: how many are enough.
    /// - Throws: `.notFound` when it is gone or no directory, `.unreadable`.
    func list(_ directory: TreePath?, atMost count: Int) throws(FolderError) -> [FolderEntry]

    /// What stands at the path; nil when nothing does.
    func stat(_ path: TreePath) throws(FolderError) -> FileStat?

    /// Reads a file or link in one consistent state.
    /// - Throws: `.notFound`, `.busy` while a program has it open for writing or it changed under
    ///   the read, `.unreadable`, `.tooLarge` past `Limits.fileSize`, `.special`, `.inUse`.
    /// - Parameter whileOpen: reads it even if a program has it open for writing, between two
    ///   equal stats: for files that are never closed, such as logs.
    func read(_ path: TreePath, whileOpen: Bool) throws(FolderError) -> FileSnapshot

    /// Writes a version into a staging file; durable only after `flush`.
    /// - Parameter modified: the modification time it is to have.
    func stage(_ content: [UInt8], as version: FileVersion, modified: Timestamp)
        throws(FolderError) -> StagedFile

    /// Makes staged files durable.
    func flush(_ staged: [StagedFile]) throws(FolderError)

    /// Removes a staging file that is not needed after all.
    func discard(_ staged: StagedFile)

    /// Puts a staged file in its place if the expected version stands there (nil: nothing does),
    /// making directories above it. The version it replaces is kept until nobody can write to it.
    func install(_ staged: StagedFile, at path: TreePath, replacing expected: FileVersion?)
        throws(FolderError) -> ApplyOutcome

    /// Whether a path that was held back may still not be changed, found out without writing
    /// anything; false when that is not known.
    func isStillQuarantined(_ path: TreePath, for reason: QuarantinedPath.Reason) -> Bool

    /// Gives a staged file what another file of the folder has and git does not carry, because it
    /// comes in that one's place under another name. What cannot be kept is let go.
    func keepAttributes(of old: TreePath, on staged: StagedFile)

    /// Removes a file if the expected version stands there.
    func remove(_ path: TreePath, expecting expected: FileVersion) throws(FolderError)
        -> ApplyOutcome

    /// Sets or clears the executable bit in place if the expected version stands there; done too
    /// where the file system keeps no such bit.
    func setMode(_ path: TreePath, from expected: FileVersion, to mode: FileMode)
        throws(FolderError) -> ApplyOutcome

    /// Makes a directory that comes in the place of others, where nothing stands: it has what
    /// the first has and git does not carry, and no right that one of them does not give.
    /// - Returns: whether it was made.
    func makeDirectory(_ path: TreePath, like old: [TreePath]) -> Bool

    /// Removes a directory when it is empty; otherwise leaves it.
    func removeDirectoryIfEmpty(_ path: TreePath) throws(FolderError)

    /// Makes a directory, with those above it; done too where it stands already. A file that
    /// stands there `.differs`, one above it is `.obstructed`.
    func makeDirectory(_ path: TreePath) throws(FolderError) -> ApplyOutcome

    /// Makes renames in these directories durable; nil is the root.
    func flush(directories: Set<TreePath?>) throws(FolderError)

    /// The versions that apply put in the place of others, as far as what it displaced for them is
    /// still kept: that one was displaced is known even of an apply that was cut short.
    /// - Throws: `.tooManyOpenFiles`, or why an old version cannot go back to its place.
    func replacements() throws(FolderError) -> [TreePath: FileVersion]

    /// Looks at every file that apply displaced: removes those that still are what was expected
    /// and that nobody can write to, gives back those that are local edits, keeps the others. What
    /// was taken from a place that nothing came to goes back before.
    func recheckDisplaced() throws(FolderError) -> [DisplacedFile]

    /// Where the displaced files stood that a program had open for writing, or changed, when they
    /// were looked at last: it may write an edit into them of which no event tells.
    var displacedInUse: Set<TreePath> { get }

    /// Removes a displaced file whose content is in the object store now.
    func forget(_ displaced: DisplacedFile) throws(FolderError)
}

extension FolderAccess {
    /// All of a directory's entries.
    package func list(_ directory: TreePath?) throws(FolderError) -> [FolderEntry] {
        try list(directory, atMost: .max)
    }

    /// Nothing is known: it is tried.
    package func isStillQuarantined(_ path: TreePath, for reason: QuarantinedPath.Reason) -> Bool {
        false
    }

    /// Keeps nothing.
    package func keepAttributes(of old: TreePath, on staged: StagedFile) {}

    /// Makes none: it comes with the first file.
    package func makeDirectory(_ path: TreePath, like old: [TreePath]) -> Bool { false }

    /// Reads a file or link that no program has open for writing.
    package func read(_ path: TreePath) throws(FolderError) -> FileSnapshot {
        try read(path, whileOpen: false)
    }
}

/// A failure below a folder's root.
package struct FolderError: Error, Sendable, CustomStringConvertible {
    /// What kind of failure.
    package enum Code: Sendable, Equatable {
        case rootMissing, rootReplaced, notFound, unreadable, busy, tooLarge, special
        case noSpace, readOnly, tooManyOpenFiles, io
        /// The file system takes no such name.
        case name
        /// No file system takes such a symbolic link.
        case link
        /// Another file system is mounted there.
        case mount
        /// A SQLite database with a log or journal beside it.
        case inUse
        /// Git's servers refuse it.
        case refused
        /// The whole file system may be read only.
        case readOnlyFileSystem
        /// The vault has a file where the folder's own files stand, or above it.
        case prefixTaken

        /// What the matter is, for people.
        package var words: String {
            switch self {
            case .rootMissing: "the folder is not there"
            case .rootReplaced: "another directory stands there than before"
            case .notFound: "nothing is there"
            case .unreadable: "the daemon may not read it"
            case .busy: "a program is changing it"
            case .tooLarge: "it is too large"
            case .special: "it is neither a file nor a symbolic link"
            case .noSpace: "no space is left"
            case .readOnly: "the daemon may not write there"
            case .tooManyOpenFiles: "too many files are open"
            case .io: "the system refused"
            case .name: "the file system takes no such name"
            case .link: "no such link can be made"
            case .mount: "another file system is mounted there"
            case .inUse: "a database with a log or journal beside it"
            case .refused: "git's servers refuse it"
            case .readOnlyFileSystem: "the file system is read-only"
            case .prefixTaken: "the vault has a file where its files are to stand"
            }
        }

        /// Why the path is held back by this; nil for what concerns more than one path, or goes by
        /// when the path is looked at again.
        package var reason: QuarantinedPath.Reason? {
            switch self {
            case .rootMissing, .rootReplaced, .noSpace, .tooManyOpenFiles, .notFound,
                .readOnlyFileSystem, .prefixTaken:
                nil
            case .unreadable: .unreadable
            case .busy: .busy
            case .tooLarge: .tooLarge
            case .special: .special
            case .readOnly: .readOnly
            case .io: .failed
            case .name: .name
            case .link: .link
            case .mount: .mount
            case .inUse: .inUse
            case .refused: .refused
            }
        }
    }

    /// Callers branch on this code.
    package let code: Code
    /// A verb phrase for the message: `read`, `make staged files durable`.
    package let operation: String
    /// Below the folder's root; nil when the whole folder is meant.
    package let path: TreePath?
    /// The system's words or ours; may be empty.
    package let cause: String

    /// Takes the code, the operation in words, the path where there is one, and the cause.
    package init(_ code: Code, _ operation: String, _ path: TreePath? = nil, _ cause: String = "") {
        self.code = code
        self.operation = operation
        self.path = path
        self.cause = cause
    }

    package var description: String {
        "\(operation)\(path.map { " \($0)" } ?? ""): \(code.words)"
            + (cause.isEmpty ? "" : " (\(cause))")
    }
}
