internal import SyncMerge
package import SyncModel

/// The remote as it was last seen, and what became of it: tells one that went on from one that was
/// rewritten, and keeps what that left behind.
package final class RemoteTracker {
    /// Nil for a vault that only keeps history.
    package let link: (any RemoteLink)?
    private let branch: Branch
    private let applied: AppliedReference
    private let intake: IntakeGuard
    private let repository: any ObjectRepository
    private let store: any StateStore
    private let clock: any WallClock

    /// The remote's head when it was last seen in this run; nil when it has none or was not seen.
    package internal(set) var seen: RemoteSnapshot?
    /// What the remote became when it was last fetched from; nil while it goes forward only.
    package private(set) var change: RemoteChange?
    /// What of the remote's somebody chooses about; nil for nothing.
    var choosable: ObjectID? { change.map(\.new) ?? seen?.head }
    /// Whether the remote was asked in this run, or could not be.
    package private(set) var wasAsked = false
    /// Whether something was asked for that was thinned here: it comes with the next exchange.
    var wantsThinned = false
    /// Two heads of the remote's that were compared, and what came of it.
    private var compared: (old: ObjectID, new: ObjectID, kind: RemoteChange.Kind?)?

    /// The word for no head, where the state store has to say that none is expected.
    private static let none = "none"

    init(
        _ link: (any RemoteLink)?, _ branch: Branch, _ applied: AppliedReference,
        _ intake: IntakeGuard, repository: any ObjectRepository, store: any StateStore,
        clock: any WallClock
    ) {
        (self.link, self.branch, self.applied, self.intake) = (link, branch, applied, intake)
        (self.repository, self.store, self.clock) = (repository, store, clock)
    }

    /// Fetches, and compares the remote's head with what it was.
    /// - Returns: nil when the remote went forward or stood still, or there is none.
    @discardableResult
    package func fetch() async throws -> RemoteChange? {
        guard let link else { return nil }
        // Also when it could not be asked: captures wait for its first answer alone.
        defer { wasAsked = true }
        return try classify(try await link.fetch(intake.brake.mayBring))
    }

    /// Brings back what was thinned here, where something of it was asked for. What the remote
    /// does not have any more stays thinned: it may have it again.
    func bringBackThinned() async throws {
        guard wantsThinned, let link else { return }
        // Where that fails nothing else has to wait for it: who asked is told.
        wantsThinned = false
        try await link.bringBack()
        _ = try repository.endThinning()
    }

    /// Takes what the remote showed for what it is.
    /// - Throws: `RemoteError` `.fatal` for a head that has to rest.
    func classify(_ seen: RemoteSnapshot) throws -> RemoteChange? {
        self.seen = seen
        if let head = seen.head, try !intake.mayRead(head) { return try rememberedChange() }
        return try classifyRemoteHead(seen.head)
    }

    /// Compares a head of the remote's with the last one that this device saw there. A change is
    /// found again at every fetch, and ends by itself when the remote has again what it had.
    private func classifyRemoteHead(_ new: ObjectID?) throws -> RemoteChange? {
        let before = try rememberedChange()
        guard let (old, kind, isOtherRemote) = try parted(to: new) else {
            if before != nil { try store.setFact(Vault.Fact.remoteChange, nil) }
            change = nil
            return nil
        }
        let branches = try branches()
        if let before, before.old == old, before.new == new, before.branches == branches {
            change = before
            return before
        }
        // Before anything else, and on the disk: what somebody chooses later may move the head.
        // What is captured for another branch is left behind by nobody: it goes along to the one
        // that the configuration names again.
        if branches == nil {
            let kept = KeptHeads(repository: repository)
            try kept.keep(old)
            if let head = try branch.head() { try kept.keep(head) }
            if let left = before?.new, repository.contains(left) { try kept.keep(left) }
        }
        let isSame = before?.old == old && before?.branches == branches
        let found = RemoteChange(
            kind, old: old, new: new,
            since: (isSame ? before?.since : nil) ?? clock.now().iso8601, branches: branches,
            isOtherRemote: isOtherRemote)
        try store.setFact(Vault.Fact.remoteChange, found.text)
        change = found
        return found
    }

    /// What has to be chosen about, as far as can be said without asking the remote for objects.
    /// - Parameter head: the remote's head, where that was read.
    func change(seeing head: ObjectID??) throws -> RemoteChange? {
        guard let head else { return try rememberedChange() }
        if let new = head, !repository.contains(new) || intake.keepsOut(new) {
            return try rememberedChange()
        }
        guard let (old, kind, isOtherRemote) = try parted(to: head) else { return nil }
        let branches = try branches()
        let before = try rememberedChange().flatMap { $0.branches == branches ? $0 : nil }
        return RemoteChange(
            kind, old: old, new: head, since: before?.since ?? clock.now().iso8601,
            branches: branches, isOtherRemote: isOtherRemote)
    }

    /// What the remote no longer has; nil when it went on from there. One that the configuration
    /// names in another's place misses nothing, unless it has nothing of what that one had: it may
    /// be another vault's.
    private func parted(to new: ObjectID?) throws
        -> (old: ObjectID, kind: RemoteChange.Kind, isOtherRemote: Bool)?
    {
        if let old = try lastSeen() {
            return try kind(from: old, to: new).map { (old, $0, false) }
        }
        guard let new, let old = try FormerRemote(store: store).known()?.head,
            repository.contains(old), try kind(from: old, to: new) == .replaced
        else { return nil }
        return (old, .replaced, true)
    }

    /// Whether the configuration names another branch than when the remote was last gone along
    /// with.
    private func branches() throws(StateStoreError) -> RemoteChange.Branches? {
        guard let before = try store.fact(Vault.Fact.remoteBranch), before != branch.name else {
            return nil
        }
        return .init(before: before, now: branch.name)
    }

    private func rememberedChange() throws -> RemoteChange? {
        try store.fact(Vault.Fact.remoteChange).flatMap { RemoteChange($0) }
    }

    /// In which way the remote left what it had; nil when it went on from there.
    private func kind(from old: ObjectID, to new: ObjectID?) throws -> RemoteChange.Kind? {
        guard let new else { return .emptied }
        if new == old { return nil }
        // Nothing about two commits changes, and to find it out may read all of history.
        if let known = compared, known.old == old, known.new == new { return known.kind }
        let history = History(CommitStamps(reading: repository))
        var kind: RemoteChange.Kind?
        if try !history.isAncestor(old, of: new) {
            if try history.isAncestor(new, of: old) {
                kind = .takenBack
            } else {
                kind = try history.mergeBases(old, new).isEmpty ? .replaced : .rewritten
            }
        }
        compared = (old, new, kind)
        return kind
    }

    /// The remote's head as this device last saw it, while this device went along with it; nil
    /// when it never did, or chose to begin anew.
    func lastSeen() throws -> ObjectID? {
        if let text = try store.fact(Vault.Fact.remoteHead) {
            return ObjectID(hex: text).flatMap { repository.contains($0) ? $0 : nil }
        }
        // The state store was lost: the remote had what this device said there that it holds.
        guard let applied = try applied.commit(), let head = try branch.head(),
            repository.contains(applied),
            try History(CommitStamps(reading: repository)).isAncestor(applied, of: head)
        else { return nil }
        return applied
    }

    /// Remembers the head that the remote has and this device goes along with.
    /// - Parameter head: nil expects none: whatever the remote has next is taken as new.
    package func remember(_ head: ObjectID?) throws(StateStoreError) {
        let text = head?.hex ?? Self.none
        if try store.fact(Vault.Fact.remoteHead) != text {
            try store.setFact(Vault.Fact.remoteHead, text)
        }
        if try store.fact(Vault.Fact.remoteBranch) != branch.name {
            try store.setFact(Vault.Fact.remoteBranch, branch.name)
        }
        if head != nil { try FormerRemote(store: store).forget() }
    }

    /// Notes that somebody chose, and which head the remote has that this device goes along with.
    func endChange(at head: ObjectID?) throws(StateStoreError) {
        try remember(head)
        try FormerRemote(store: store).forget()
        try store.setFact(Vault.Fact.remoteChange, nil)
        change = nil
    }

    /// Notes that the remote does not show a device any more.
    func forget(_ device: String) {
        guard let seen else { return }
        var devices = seen.devices
        devices[device] = nil
        self.seen = RemoteSnapshot(head: seen.head, devices: devices)
    }

    /// Takes note of which remote it is. Another one is met for the first time: what the one
    /// before had is not missed there, but to tell whether it is another vault's.
    package func meet(_ url: String) throws(StateStoreError) {
        let known = try store.fact(Vault.Fact.remoteURL)
        if known == url {
            // A state store of before says nothing of the branch: it is this one.
            if try store.fact(Vault.Fact.remoteBranch) == nil,
                try store.fact(Vault.Fact.remoteHead) != nil
            {
                try store.setFact(Vault.Fact.remoteBranch, branch.name)
            }
            return
        }
        if let known {
            let seen = try store.fact(Vault.Fact.remoteHead).flatMap { ObjectID(hex: $0) }
            var left = seen.map { (head: $0, url: known) }
            let former = FormerRemote(store: store)
            if left == nil { left = try former.known() }
            let isBack = left?.url == url
            if let left, !isBack {
                try former.remember(left.head, at: left.url)
            }
            try remember(isBack ? left?.head : nil)
            try store.setFact(Vault.Fact.remoteChange, nil)
        }
        try store.setFact(Vault.Fact.remoteURL, url)
    }
}
