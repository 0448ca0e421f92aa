internal import SyncModel

extension IncomingTree {
    /// Reads what a commit of the remote would do to the folders.
    /// - Parameter known: the local head; nil before the first commit.
    /// - Throws: `RemoteError` `.corrupt` for a tree that git cannot read: nothing here is damaged,
    ///   and nothing of it is taken in.
    init(of commit: ObjectID, against known: ObjectID?, in repository: any ObjectRepository) throws
    {
        let tree = try repository.commit(commit).tree
        let before = try repository.tree(of: known)
        do throws(RepositoryError) {
            self = try IncomingTree(tree, against: before, reading: repository)
        } catch {
            guard error.code == .corrupt else { throw error }
            throw RemoteError(
                .corrupt, "take in the remote's commit \(commit.short)", error.cause,
                hint: "push a commit without that tree to the remote, with git; "
                    + "git -C THE-REMOTE fsck names it")
        }
    }

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
