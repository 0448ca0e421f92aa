internal import SyncModel

extension Vault {
    /// Looks at what a commit of the remote would do to the folders.
    /// - Throws: `RemoteError` `.corrupt` for a tree that git cannot read: nothing here is damaged,
    ///   and nothing of it is taken in.
    func foreignTree(of commit: ObjectID, against known: ObjectID?) throws -> ForeignTree {
        let tree = try repository.commit(commit).tree
        let before = try self.tree(of: known)
        do throws(RepositoryError) {
            return try ForeignTree(tree, against: before, reading: repository)
        } catch {
            guard error.code == .corrupt else { throw error }
            throw RemoteError(
                .corrupt, "take in the remote's commit \(commit.short)", error.cause,
                hint: "push a commit without that tree to the remote, with git; "
                    + "git -C THE-REMOTE fsck names it")
        }
    }
}
