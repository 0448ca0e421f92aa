internal import SyncHistory
internal import SyncModel

/// Refuses names that nobody has: of a name that was mistyped it would not be true that all is as
/// it is to be.
struct KnownNames {
    let repository: any ObjectReader

    /// Refuses a path or a pattern that means nothing that was or is there. All that is there is
    /// listed only where nothing of that name is, and nothing that changed has it.
    /// - Parameters:
    ///   - trees: what is there.
    ///   - changes: what is looked at first, each on the way from one tree to another.
    /// - Throws: `ChangeRefusal`, `RepositoryError`.
    func refuseUnmatched(
        _ texts: [String], in trees: [ObjectID], changed changes: [(from: ObjectID?, to: ObjectID)]
    ) throws {
        for text in texts {
            guard let patterns = PathPatterns([text]) else { continue }
            let name = text.hasPrefix("/") ? String(text.dropFirst()) : text
            let path = TreePath(name)
            let whole = trees.map { (from: ObjectID?.none, to: $0) }
            if try (trees + changes.map(\.to)).contains(where: { try has(path, in: $0) }) {
                continue
            }
            let isKnown = try (changes + whole).contains { old, new in
                try TreeDiff.changes(from: old, to: new, reading: repository)
                    .contains { patterns.match($0.path) }
            }
            if isKnown { continue }
            let said = name.contains { "*?[".contains($0) } ? text : name
            throw ChangeRefusal(.missing, "\(said) matches no file, now or then")
        }
    }

    /// Whether a file or a directory stands at a path.
    private func has(_ path: TreePath?, in tree: ObjectID) throws(RepositoryError) -> Bool {
        guard let path else { return false }
        if try TreeDiff.version(at: path, of: tree, reading: repository) != nil { return true }
        return try TreeDiff.subtree(of: tree, at: path, reading: repository) != nil
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
