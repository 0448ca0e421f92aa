internal import SyncMerge
package import SyncModel

/// Telling a remote that went on from one that was rewritten, and keeping what it left behind.
extension Vault {
    /// Where heads are kept that the branch may not reach any more.
    package static let keptReferences = "refs/sync/kept/"

    /// The word for no head, where the state store has to say that none is expected.
    private static let none = "none"

    /// Asks the remote for its head and compares it with what it was.
    /// - Returns: nil when the remote went forward or stood still, or there is none.
    @discardableResult
    package func fetchRemote() async throws -> RemoteChange? {
        guard let remote else { return nil }
        // Also when it could not be asked: captures wait for its first answer alone.
        defer { hasAskedRemote = true }
        return try classify(try await remote.fetch(brake.mayBring))
    }

    /// Takes what the remote showed for what it is.
    /// - Throws: `RemoteError` `.fatal` for a head that has to rest.
    func classify(_ seen: RemoteSnapshot) throws -> RemoteChange? {
        seenRemote = seen
        if let head = seen.head, try !mayRead(at: head) { return try rememberedChange() }
        return try classifyRemoteHead(seen.head)
    }

    /// Compares a head of the remote's with the last one that this device saw there. A change is
    /// found again at every look, and ends by itself when the remote has again what it had.
    private func classifyRemoteHead(_ new: ObjectID?) throws -> RemoteChange? {
        let before = try rememberedChange()
        guard let old = try lastSeenRemote(), let kind = try kind(from: old, to: new) else {
            if before != nil { try store.setFact(Fact.remoteChange, nil) }
            remoteChange = nil
            return nil
        }
        if let before, before.old == old, before.new == new {
            remoteChange = before
            return before
        }
        // Before anything else, and on the disk: what somebody chooses later may move the head.
        try keep(old)
        if let head = try head() { try keep(head) }
        if let left = before?.new, repository.contains(left) { try keep(left) }
        let since = before?.old == old ? before?.since : nil
        let change = RemoteChange(
            kind, old: old, new: new, since: since ?? clock.now().iso8601)
        try store.setFact(Fact.remoteChange, change.text)
        remoteChange = change
        return change
    }

    /// What has to be chosen about, as far as can be said without asking the remote for objects.
    /// - Parameter head: the remote's head, where that was read.
    func change(seeing head: ObjectID??) throws -> RemoteChange? {
        guard let head else { return try rememberedChange() }
        if let new = head, !repository.contains(new) || isKeptOut(new) {
            return try rememberedChange()
        }
        guard let old = try lastSeenRemote(), let kind = try kind(from: old, to: head) else {
            return nil
        }
        let since = try rememberedChange()?.since ?? clock.now().iso8601
        return RemoteChange(kind, old: old, new: head, since: since)
    }

    private func rememberedChange() throws -> RemoteChange? {
        try store.fact(Fact.remoteChange).flatMap { RemoteChange($0) }
    }

    /// In which way the remote left what it had; nil when it went on from there.
    private func kind(from old: ObjectID, to new: ObjectID?) throws -> RemoteChange.Kind? {
        guard let new else { return .emptied }
        if new == old { return nil }
        // Nothing about two commits changes, and to find it out may read all of history.
        if let known = comparedHeads, known.old == old, known.new == new { return known.kind }
        let history = History(CommitStamps(reading: repository))
        var kind: RemoteChange.Kind?
        if try !history.isAncestor(old, of: new) {
            if try history.isAncestor(new, of: old) {
                kind = .takenBack
            } else {
                kind = try history.mergeBases(old, new).isEmpty ? .replaced : .rewritten
            }
        }
        comparedHeads = (old, new, kind)
        return kind
    }

    /// The remote's head as this device last saw it, while this device went along with it; nil
    /// when it never did, or chose to begin anew.
    func lastSeenRemote() throws -> ObjectID? {
        if let text = try store.fact(Fact.remoteHead) {
            return ObjectID(hex: text).flatMap { repository.contains($0) ? $0 : nil }
        }
        // The state store was lost: the remote had what this device said there that it holds.
        guard let applied = try repository.reference(appliedReference), let head = try head(),
            repository.contains(applied),
            try History(CommitStamps(reading: repository)).isAncestor(applied, of: head)
        else { return nil }
        return applied
    }

    /// Remembers the head that the remote has and this device goes along with.
    /// - Parameter head: nil expects none: whatever the remote has next is taken as new.
    func remember(remote head: ObjectID?) throws(StateStoreError) {
        let text = head?.hex ?? Self.none
        if try store.fact(Fact.remoteHead) != text { try store.setFact(Fact.remoteHead, text) }
    }

    /// Takes note of which remote it is. Another one is met for the first time: what the one
    /// before had is not missed there.
    package func meet(remote url: String) throws(StateStoreError) {
        let known = try store.fact(Fact.remoteURL)
        if known == url { return }
        if known != nil {
            try remember(remote: nil)
            try store.setFact(Fact.remoteChange, nil)
        }
        try store.setFact(Fact.remoteURL, url)
    }

    /// Keeps a commit, with all that it leads to, from being collected.
    func keep(_ id: ObjectID) throws(RepositoryError) {
        for name in [String(id.hex.prefix(12)), id.hex] {
            let reference = Self.keptReferences + name
            let there = try repository.reference(reference)
            if there == id { return }
            if there == nil {
                return try repository.setReference(reference, to: id, expecting: nil)
            }
        }
    }

    /// Whether a commit is one that a rewrite left behind, or is behind such a one.
    func isLeftBehind(_ id: ObjectID, _ history: History) throws(RepositoryError) -> Bool {
        for (_, kept) in try repository.references(Self.keptReferences)
        where repository.contains(kept) {
            if try history.isAncestor(id, of: kept) { return true }
        }
        return false
    }
}
