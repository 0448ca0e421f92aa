package import SyncModel
package import SyncTree
internal import Synchronization

/// A folder whose root may not be there: it is opened when it is, and opened again when it came
/// back. While it is gone every call says so, and nothing of it counts as deleted.
package final class ReopeningFolder: FolderAccess {
    /// Absolute path of the root.
    package let root: String
    private let staging: String
    private let state: Mutex<(folder: LocalFolder?, expected: RootIdentity?)>
    private let progress: EngineProgress?

    /// - Parameters:
    ///   - root: absolute path of the directory.
    ///   - expected: what the root was when it was first seen; nil takes what is there.
    ///   - staging: a directory for the apply's own files, outside the folder.
    ///   - progress: where each call counts as a step; nil for nowhere.
    package init(
        root: String, expected: RootIdentity?, staging: String, progress: EngineProgress? = nil
    ) {
        self.progress = progress
        self.root = root
        self.staging = staging
        state = Mutex((nil, expected))
    }

    /// What the root is, once it was opened.
    package var identity: RootIdentity? { state.withLock { $0.expected } }

    /// Whether another directory stands where the folder was; one that is missing is waited for.
    var isReplaced: Bool {
        do {
            try checkRoot()
            return false
        } catch { return error.code == .rootReplaced }
    }

    /// Takes whatever directory is there from now on.
    package func acceptRoot() { state.withLock { $0 = (nil, nil) } }

    private func opened() throws(FolderError) -> LocalFolder {
        progress?.step()
        return try state.withLock { state throws(FolderError) in
            if let folder = state.folder { return folder }
            let folder = try LocalFolder(
                root: root, expectedIdentity: state.expected, stagingPreferred: staging)
            state = (folder, folder.identity)
            return folder
        }
    }

    package func checkRoot() throws(FolderError) {
        do { try opened().checkRoot() } catch {
            state.withLock { $0.folder = nil }
            throw error
        }
    }

    package func list(_ directory: TreePath?, atMost count: Int) throws(FolderError)
        -> [FolderEntry]
    {
        let entries = try opened().list(directory, atMost: count)
        progress?.work.add(.scan, entries.count)
        return entries
    }

    package func stat(_ path: TreePath) throws(FolderError) -> FileStat? {
        try opened().stat(path)
    }

    package func read(_ path: TreePath, whileOpen: Bool) throws(FolderError) -> FileSnapshot {
        try opened().read(path, whileOpen: whileOpen)
    }

    package func stage(_ content: [UInt8], as version: FileVersion, modified: Timestamp)
        throws(FolderError) -> StagedFile
    {
        let staged = try opened().stage(content, as: version, modified: modified)
        progress?.work.add(.apply, 1, bytes: content.count)
        return staged
    }

    package func flush(_ staged: [StagedFile]) throws(FolderError) { try opened().flush(staged) }

    package func discard(_ staged: StagedFile) {
        state.withLock { $0.folder }?.discard(staged)
    }

    package func install(_ staged: StagedFile, at path: TreePath, replacing expected: FileVersion?)
        throws(FolderError) -> ApplyOutcome
    {
        try opened().install(staged, at: path, replacing: expected)
    }

    package func isStillQuarantined(_ path: TreePath, for reason: QuarantinedPath.Reason) -> Bool {
        state.withLock { $0.folder }?.isStillQuarantined(path, for: reason) ?? false
    }

    package func keepAttributes(of old: TreePath, on staged: StagedFile) {
        state.withLock { $0.folder }?.keepAttributes(of: old, on: staged)
    }

    package func makeDirectory(_ path: TreePath, like old: [TreePath]) -> Bool {
        state.withLock { $0.folder }?.makeDirectory(path, like: old) ?? false
    }

    package func remove(_ path: TreePath, expecting expected: FileVersion) throws(FolderError)
        -> ApplyOutcome
    {
        try opened().remove(path, expecting: expected)
    }

    package func setMode(_ path: TreePath, from expected: FileVersion, to mode: FileMode)
        throws(FolderError) -> ApplyOutcome
    {
        try opened().setMode(path, from: expected, to: mode)
    }

    package func makeDirectory(_ path: TreePath) throws(FolderError) -> ApplyOutcome {
        try opened().makeDirectory(path)
    }

    package func removeDirectoryIfEmpty(_ path: TreePath) throws(FolderError) {
        try opened().removeDirectoryIfEmpty(path)
    }

    package func flush(directories: Set<TreePath?>) throws(FolderError) {
        try opened().flush(directories: directories)
    }

    package func replacements() throws(FolderError) -> [TreePath: FileVersion] {
        try opened().replacements()
    }

    package var displacedInUse: Set<TreePath> {
        state.withLock { $0.folder?.displacedInUse ?? [] }
    }

    package func recheckDisplaced() throws(FolderError) -> [DisplacedFile] {
        try opened().recheckDisplaced()
    }

    package func forget(_ displaced: DisplacedFile) throws(FolderError) {
        try opened().forget(displaced)
    }
}
