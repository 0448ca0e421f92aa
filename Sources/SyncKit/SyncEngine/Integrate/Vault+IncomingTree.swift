internal import SyncModel

extension Vault {
    /// Looks at what a commit of the remote would do to the folders.
    /// - Throws: `RemoteError` `.corrupt` for a tree that git cannot read: nothing here is damaged,
    ///   and nothing of it is taken in.
    func incomingTree(of commit: ObjectID, against known: ObjectID?) throws -> IncomingTree {
        let tree = try repository.commit(commit).tree
        let before = try self.tree(of: known)
        do throws(RepositoryError) {
            return try IncomingTree(tree, against: before, reading: repository)
        } catch {
            guard error.code == .corrupt else { throw error }
            throw RemoteError(
                .corrupt, "take in the remote's commit \(commit.short)", error.cause,
                hint: "push a commit without that tree to the remote, with git; "
                    + "git -C THE-REMOTE fsck names it")
        }
    }
}

extension IncomingTree {
    /// - Throws: `RemoteError` `.corrupt` for more paths, or longer ones, than this device can
    ///   hold in memory.
    func checkSize(of commit: ObjectID) throws(RemoteError) {
        let what: String
        if paths > Limits.incomingPaths {
            what = "more than \(Limits.incomingPaths) paths that are not here"
        } else if pathBytes > Limits.incomingPathBytes {
            what = "paths of more than \(Limits.incomingPathBytes >> 20) MiB that are not here"
        } else {
            return
        }
        throw RemoteError(
            .corrupt, "take in the remote's commit \(commit.short)", "it has \(what)",
            hint: "push a commit without them to the remote, with git")
    }
}
