package import SyncModel

/// Whether a remote has a branch whose name is below or above the synced branch's: git has no two
/// of such names, so the synced one can never be made there.
package enum BranchClash {
    /// Looks for one, where the synced branch is not there.
    /// - Parameters:
    ///   - names: of references, in full.
    ///   - branch: the synced branch's short name.
    /// - Throws: `.unusable` with what to do.
    package static func check(_ names: some Sequence<String>, _ branch: String, _ operation: String)
        throws(RemoteError)
    {
        let own = "refs/heads/\(branch)"
        guard let other = names.first(where: { isInTheWay($0, of: own) }) else { return }
        let name = String(other.dropFirst("refs/heads/".count))
        throw RemoteError(
            .unusable, operation,
            "the remote has the branch \(RemoteWords.clean(name.utf8)), and git has no branch "
                + "\(branch) beside it",
            hint: "take another branch (repository.branch, init --branch NAME), the same on every "
                + "device, or rename that one: git branch -m")
    }

    /// Whether one of two full names is below the other.
    static func isInTheWay(_ name: String, of own: String) -> Bool {
        name.hasPrefix("refs/heads/") && (name.hasPrefix(own + "/") || own.hasPrefix(name + "/"))
    }

    /// With which names those in the way begin.
    static func prefixes(_ own: String) -> [String] {
        let parts = own.split(separator: "/")
        // `refs/heads/a` for `refs/heads/a/b`: whatever is above begins as it does.
        return [parts.prefix(3).joined(separator: "/")]
    }
}
