internal import SyncHistory
internal import SyncModel

/// Refuses names that nobody has: of a name that was mistyped it would not be true that all is as
/// it is to be.
struct KnownNames {
    let repository: any ObjectRepository

    /// Refuses a path or a pattern that means nothing that was or is there.
    /// - Parameter changes: the trees to look at: each whole, or what changed on the way to it.
    /// - Throws: `ChangeRefusal`, `RepositoryError`.
    func refuseUnmatched(_ texts: [String], in changes: [(from: ObjectID?, to: ObjectID)]) throws {
        for text in texts {
            guard let patterns = PathPatterns([text]) else { continue }
            let name = text.hasPrefix("/") ? String(text.dropFirst()) : text
            let isKnown = try changes.contains { old, new in
                if let path = TreePath(name),
                    try TreeDiff.version(at: path, of: new, reading: repository) != nil
                {
                    return true
                }
                return try TreeDiff.changes(from: old, to: new, reading: repository)
                    .contains { patterns.match($0.path) }
            }
            if isKnown { continue }
            let said = name.contains { "*?[".contains($0) } ? text : name
            throw ChangeRefusal(.missing, "\(said) matches no file, now or then")
        }
    }

    /// Refuses a device or an agent of which no commit is.
    /// - Throws: `ChangeRefusal`, `RepositoryError`.
    func refuseUnknown(_ own: OwnChanges, behind head: ObjectID) throws {
        var walk = try HistoryWalk(from: head, reading: repository)
        while let step = try walk.next() { if own.isWanted(step.commit) { return } }
        let agent = own.agent.map { "agent \($0)" }
        let device = own.device.map { "device \($0)" }
        let who = [agent, device].compactMap { $0 }.joined(separator: " on the ")
        throw ChangeRefusal(.missing, "no commit is by the \(who)")
    }
}
