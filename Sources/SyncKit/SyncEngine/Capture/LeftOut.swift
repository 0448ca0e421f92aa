internal import SyncMerge
internal import SyncModel

/// What a rule leaves out where something is to come: it is no version of that, and nobody else
/// may read it.
extension VaultFolder {
    /// Whether a rule leaves out a path without a row, which the folder did not hold, as far as is
    /// known.
    /// - Parameters:
    ///   - base: the commit whose version stands there; nil or zero for none.
    ///   - lost: what a folder without a state store is known to have held once.
    func isLeftOut(
        _ path: TreePath, since base: ObjectID?, lost: ObjectID?,
        reading repository: any ObjectRepository
    ) throws -> Bool {
        guard try ignore.isIgnored(path, isDirectory: false) else { return false }
        if lost != nil { return true }
        let tree = try base.flatMap { $0 == .zero ? nil : try repository.tree(of: $0) }
        return try TreeDiff.version(at: repositoryPath(path), of: tree, reading: repository) == nil
    }
}

extension FolderAccess {
    /// Whether something stands at a path that the history never had, or cannot be read.
    func hasNewContent(at path: TreePath, reading repository: any ObjectReader) -> Bool {
        do throws(FolderError) {
            let here = try read(path, whileOpen: true)
            return !repository.contains(ObjectID(hashing: here.content, as: .blob))
        } catch { return true }
    }
}
