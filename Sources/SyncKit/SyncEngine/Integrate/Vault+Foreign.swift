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

extension ForeignTree {
    /// - Throws: `RemoteError` `.corrupt` for more paths, or longer ones, than this device can
    ///   hold in memory.
    func checkSize(of commit: ObjectID) throws(RemoteError) {
        let what: String
        if paths > Limits.foreignPaths {
            what = "more than \(Limits.foreignPaths) paths that are not here"
        } else if pathBytes > Limits.foreignPathBytes {
            what = "paths of more than \(Limits.foreignPathBytes >> 20) MiB that are not here"
        } else {
            return
        }
        throw RemoteError(
            .corrupt, "take in the remote's commit \(commit.short)", "it has \(what)",
            hint: "push a commit without them to the remote, with git")
    }
}
