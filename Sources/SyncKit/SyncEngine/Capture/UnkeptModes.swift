internal import SyncMerge
internal import SyncModel

/// The modes of files in a folder whose file system keeps no executable bit. Nobody can change one
/// there, so a file is as executable as the version that it is, or was made from.
struct UnkeptModes {
    private let folder: VaultFolder
    private let repository: any ObjectRepository
    private let bases: FolderBases
    private let head: ObjectID?
    /// The modes of what went, by content.
    private let gone: [ObjectID: FileMode]

    /// - Parameters:
    ///   - head: what a file without a row may be a version of.
    ///   - deleted: the rows of files that may have gone elsewhere.
    init(
        folder: VaultFolder, repository: any ObjectRepository, bases: FolderBases, head: ObjectID?,
        deleted: [TrackedFile]
    ) {
        (self.folder, self.repository) = (folder, repository)
        (self.bases, self.head) = (bases, head)
        gone = Dictionary(
            deleted.lazy.filter { $0.version.mode.isFile }.map { ($0.version.id, $0.version.mode) },
            uniquingKeysWith: { first, _ in first })
    }

    /// The mode of a file's new content.
    /// - Parameters:
    ///   - path: below the folder's root.
    ///   - row: what the state store says stands there.
    /// - Throws: `RepositoryError` when a commit cannot be read that has the file; what the state
    ///   store throws.
    func mode(of id: ObjectID, at path: TreePath, row: FileVersion?) throws -> FileMode {
        if let row, row.mode.isFile, row.id == id { return row.mode }
        // An apply that was cut short may have put it there.
        for commit in folder.interrupted.heads(of: path).reversed() {
            if let same = try file(at: path, of: commit), same.id == id { return same.mode }
        }
        if let known = folder.interrupted.placed[path] ?? row, known.mode.isFile {
            return known.mode
        }
        for commit in [try bases.base(of: path), head] {
            if let known = try file(at: path, of: commit) { return known.mode }
        }
        return gone[id] ?? .regular
    }

    /// The file that a commit has at a path; nil for another kind of thing.
    private func file(at path: TreePath, of commit: ObjectID?) throws(RepositoryError)
        -> FileVersion?
    {
        guard let commit, repository.contains(commit) else { return nil }
        let version = try TreeDiff.version(
            at: folder.repositoryPath(path), of: repository.commit(commit).tree,
            reading: repository)
        return version.flatMap { $0.mode.isFile ? $0 : nil }
    }
}
