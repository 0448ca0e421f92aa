internal import CGit2
package import SyncModel

extension GitRepository {
    /// Lists the commits that are reachable from `tips` and not from `known`, each before its
    /// parents. Where clocks were wrong some that `known` reaches may be among them.
    /// - Parameter known: commits; those that are not here are left out.
    /// - Throws: `.missing` for a tip that is not here, `.io` for more than
    ///   `Limits.historyWalk`.
    package func commits(from tips: [ObjectID], notIn known: [ObjectID]) throws(RepositoryError)
        -> [ObjectID]
    {
        var walk: OpaquePointer?
        try LibGit2.check(git_revwalk_new(&walk, handle.pointer), "walk history")
        defer { git_revwalk_free(walk) }
        // By time alone commits of one second come in any order.
        try LibGit2.check(
            git_revwalk_sorting(walk, GIT_SORT_TOPOLOGICAL.rawValue), "walk history")
        for tip in tips {
            var oid = tip.oid
            try LibGit2.check(git_revwalk_push(walk, &oid), "walk history", object: tip)
        }
        for id in known where contains(id) {
            var oid = id.oid
            try LibGit2.check(git_revwalk_hide(walk, &oid), "walk history", object: id)
        }
        var found: [ObjectID] = []
        var oid = git_oid()
        while true {
            let code = git_revwalk_next(&oid, walk)
            if code == GIT_ITEROVER.rawValue { return found }
            try LibGit2.check(code, "walk history")
            found.append(ObjectID(oid))
            if found.count > Limits.historyWalk {
                throw RepositoryError(.io, "walk history", "too long")
            }
        }
    }
}
