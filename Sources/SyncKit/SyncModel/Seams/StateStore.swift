/// Names a folder of the vault: the prefix below which its files stand in the repository.
/// Nil is a folder that is the whole repository.
package typealias FolderID = TreePath?

/// What the state store says stands at a path of a folder.
package struct TrackedFile: Sendable, Hashable {
    /// Below the folder's root; in `recent` the path in the repository.
    package let path: TreePath
    /// What was read or applied last.
    package let version: FileVersion
    /// The stat when the content was last hashed.
    package let stat: FileStat
    /// When the content was last hashed began, nanoseconds since 1970 UTC: a file whose times are
    /// not older than this may have changed within the clock's granularity.
    package let checked: Int64
    /// SHA-256 of the content, 32 bytes.
    package let sha256: [UInt8]
    /// The device that made the version; nil is this one.
    package let source: String?
    /// The commit whose version this is, when it is not the folder's applied commit: apply put a
    /// newer version off.
    package let base: ObjectID?

    package init(
        path: TreePath, version: FileVersion, stat: FileStat, checked: Int64, sha256: [UInt8],
        source: String? = nil, base: ObjectID? = nil
    ) {
        self.path = path
        self.version = version
        self.stat = stat
        self.checked = checked
        self.sha256 = sha256
        self.source = source
        self.base = base
    }

    /// The same, of which the stat tells nothing: the content has to be read to know it.
    package var unchecked: TrackedFile {
        TrackedFile(
            path: path, version: version, stat: stat, checked: 0, sha256: sha256, source: source,
            base: base)
    }
}

/// One change of the state store.
package enum StateChange: Sendable, Hashable {
    /// Sets what stands at the path, its `base` included: nil takes a note away.
    case put(TrackedFile)
    /// Takes the path's row away. A note stays: nothing stands there, and a version still waits.
    case remove(TreePath)
    /// Notes that the path still has the version of `base` while the folder moves on. For a path
    /// without a row nothing stood there at `base`. `ObjectID.zero` says that no commit was
    /// applied.
    case deferUpdate(TreePath, base: ObjectID)
    /// Notes the same of a path that this device leaves out: nothing waits there. A path has one
    /// note, the last, of either kind.
    case park(TreePath, base: ObjectID)
    /// Takes a path's note away, of either kind.
    case clearDeferral(TreePath)
    /// Keeps a fact of that name with all else, or removes it with nil.
    case fact(String, String?)
}

/// A path whose newer version waits to be applied, or that is parked, with the commit whose version
/// it has.
package struct DeferredPath: Sendable, Hashable {
    /// Below the folder's root.
    package let path: TreePath
    /// `ObjectID.zero` when no commit was applied.
    package let base: ObjectID

    /// Pairs the path with the commit whose version stands there.
    package init(path: TreePath, base: ObjectID) {
        self.path = path
        self.base = base
    }
}

/// What each folder holds, and the few facts that must survive a restart. A cache of the folders
/// and the repository: losing it costs a scan, never a file.
package protocol StateStore: AnyObject {
    /// The row of one path; nil when it holds nothing.
    func file(_ folder: FolderID, _ path: TreePath) throws(StateStoreError) -> TrackedFile?

    /// The rows of the files directly in a directory (nil: the root), sorted by path.
    func files(_ folder: FolderID, in directory: TreePath?) throws(StateStoreError) -> [TrackedFile]

    /// The next directory after `directory` in byte order of their paths that directly holds a
    /// file and stands below a place (nil: the root); nil at the end. Start with nil for the first.
    func directory(
        _ folder: FolderID, after directory: TreePath?, below place: TreePath?
    ) throws(StateStoreError) -> TreePath?

    /// The paths whose last part is `name`, sorted; read from all rows of the folder.
    func paths(_ folder: FolderID, named name: [UInt8]) throws(StateStoreError) -> [TreePath]

    /// How many files the folder holds; empty directories are none.
    func count(_ folder: FolderID) throws(StateStoreError) -> Int

    /// The paths whose newer version waits to be applied, sorted.
    func deferred(_ folder: FolderID) throws(StateStoreError) -> [DeferredPath]

    /// The paths that are parked, sorted: what this device leaves out may be most of the vault.
    func parked(_ folder: FolderID) throws(StateStoreError) -> [DeferredPath]

    /// The commit that is noted at a parked path; nil where none is parked.
    func parkedBase(_ folder: FolderID, at path: TreePath) throws(StateStoreError) -> ObjectID?

    /// The commits that are noted at parked paths below a place. All of them (nil) cost what they
    /// are, not what is parked.
    func parkedBases(
        _ folder: FolderID, below place: TreePath?
    ) throws(StateStoreError) -> Set<ObjectID>

    /// The commit whose tree the folder holds but for the deferred paths; nil before the first.
    func applied(_ folder: FolderID) throws(StateStoreError) -> ObjectID?

    /// Changes the state store in one durable transaction.
    /// - Parameter applied: the folder's new applied commit; nil leaves it.
    func advance(_ folder: FolderID, _ changes: [StateChange], applied: ObjectID?)
        throws(StateStoreError)

    /// Forgets all of a folder: it is taken for new.
    func forget(_ folder: FolderID) throws(StateStoreError)

    /// The paths held back, as paths of the repository, sorted, with the reason.
    func quarantined(_ folder: FolderID) throws(StateStoreError) -> [QuarantinedPath]

    /// Notes or (nil) takes away the reason for which a path of the folder is held back. Costs no
    /// write when nothing changes. A power cut may lose it: the next scan finds it again.
    func quarantine(_ folder: FolderID, _ path: TreePath, _ reason: QuarantinedPath.Reason?)
        throws(StateStoreError)

    /// A fact kept under a name; nil when it was never set.
    func fact(_ name: String) throws(StateStoreError) -> String?

    /// Keeps a fact, or removes it with nil.
    func setFact(_ name: String, _ value: String?) throws(StateStoreError)

    /// Adds to the list of conflicts that a rule resolved; the newest 1,000 stay.
    func addResolved(_ conflicts: [ResolvedConflict]) throws(StateStoreError)

    /// The resolved conflicts, the newest first.
    func resolved() throws(StateStoreError) -> [ResolvedConflict]

    /// A commit in which a version of a path came in, by the number of both; nil for none.
    func pastVersion(_ number: Int64) throws(StateStoreError) -> ObjectID?

    /// How many past versions are known.
    func pastVersionCount() throws(StateStoreError) -> Int

    /// Adds past versions, in place of those of the same number. A power cut may lose them: the
    /// fact that says how far they go comes after.
    func addPastVersions(_ versions: [Int64: ObjectID]) throws(StateStoreError)

    /// The most recently changed files over all folders for `state.json`, the newest first, with
    /// paths of the repository; empty directories are none.
    func recent(limit: Int) throws(StateStoreError) -> [TrackedFile]
}

/// A failure of the state store.
package struct StateStoreError: Error, Sendable, CustomStringConvertible {
    /// What kind of failure.
    package enum Code: Sendable, Equatable {
        case corrupt, locked, noSpace, readOnly, io

        /// What the matter is, for people.
        package var words: String {
            switch self {
            case .corrupt: "it is damaged"
            case .locked: "another process has it"
            case .noSpace: "no space is left"
            case .readOnly: "the daemon may not write there"
            case .io: "the system refused"
            }
        }
    }

    /// Callers branch on this code.
    package let code: Code
    /// A verb phrase for the message: `open the record`.
    package let operation: String
    /// One line: the system's words or ours.
    package let cause: String

    package init(_ code: Code, _ operation: String, _ cause: String) {
        self.code = code
        self.operation = operation
        self.cause = cause
    }

    package var description: String { "\(operation): \(code.words) (\(cause))" }
}

extension StateStore {
    /// The next directory after `directory`, wherever it stands.
    package func directory(
        _ folder: FolderID, after directory: TreePath?
    ) throws(StateStoreError) -> TreePath? {
        try self.directory(folder, after: directory, below: nil)
    }

    /// What the bytes of a directory are greater than that comes after another and stands below a
    /// place: names that begin alike, as `notes` beside `note`, are not walked through.
    package static func start(after directory: TreePath?, below place: TreePath?) -> [UInt8] {
        let first = place.map { $0.bytes + [0x2f] } ?? []
        guard let directory, first.lexicographicallyPrecedes(directory.bytes) else { return first }
        return directory.bytes
    }
}
