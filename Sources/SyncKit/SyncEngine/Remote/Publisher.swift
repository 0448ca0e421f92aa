internal import SyncMerge
package import SyncModel

/// What goes out: the head, and how far this device has applied.
package final class Publisher {
    private let tracker: RemoteTracker
    private let branch: Branch
    private let applied: AppliedReference
    private let device: String
    private let folders: [VaultFolder]
    private let repository: any ObjectRepository
    private let store: any StateStore

    /// How many pushes went since the remote was last fetched from; nil when the next exchange has
    /// to fetch first.
    var pushesSinceFetch: Int?
    /// How many exchanges in a row put off saying how far this device has applied.
    private var unpublishedRounds = 0
    /// The commit that was pushed last in this run.
    package private(set) var pushed: ObjectID?

    init(
        _ tracker: RemoteTracker, _ branch: Branch, _ applied: AppliedReference, device: String,
        folders: [VaultFolder], repository: any ObjectRepository, store: any StateStore
    ) {
        (self.tracker, self.branch, self.applied) = (tracker, branch, applied)
        (self.device, self.folders) = (device, folders)
        (self.repository, self.store) = (repository, store)
    }

    /// Whether there is something to push, upon the head that the remote had when it was last
    /// seen, and nothing to choose about that.
    func mayPushFirst() throws -> Bool {
        guard tracker.link != nil, tracker.change == nil, let seen = tracker.seen?.head else {
            return false
        }
        return try branch.head() != seen && tracker.lastSeen() == seen
    }

    /// Whether all that is left to push is how far this device has applied, and that may wait.
    func putsOff() throws -> Bool {
        guard let head = try branch.head(), head == tracker.seen?.head,
            unpublishedRounds < Limits.unpublishedRounds
        else { return false }
        unpublishedRounds += 1
        try tracker.remember(head)
        // The remote has what the folders hold: that is what the reference here stands for.
        if try appliedEverywhere() == head { try applied.set(head) }
        return true
    }

    /// Pushes the head when the remote does not have it.
    func push() async throws -> PushOutcome {
        guard let head = try branch.head() else { return .accepted }
        guard let link = tracker.link else {
            // Nobody is told, and what the folders hold is known all the same.
            if try appliedEverywhere() != nil { try applied.endRecall() }
            return .accepted
        }
        let held = try appliedBehind(head)
        if head == tracker.seen?.head && held == tracker.seen?.devices[device] {
            try tracker.remember(head)
            if let held { try applied.set(held) }
            return .accepted
        }
        let outcome = try await link.push(head, expecting: tracker.seen?.head, applied: held)
        if case .declined = outcome { try note(declined: head) }
        if outcome == .accepted {
            try note(declined: nil)
            unpublishedRounds = 0
            if head != tracker.seen?.head { pushed = head }
            var devices = tracker.seen?.devices ?? [:]
            devices[device] = held
            tracker.seen = RemoteSnapshot(head: head, devices: devices)
            try tracker.remember(head)
            if let held { try applied.set(held) }
        }
        return outcome
    }

    private func note(declined head: ObjectID?) throws(StateStoreError) {
        if try store.fact(Vault.Fact.declined) == head?.hex { return }
        try store.setFact(Vault.Fact.declined, head?.hex)
    }

    /// The commit that all folders hold, where the head has it: what was left behind, because the
    /// remote does not take it, does not go out as what the folders still hold.
    private func appliedBehind(_ head: ObjectID) throws -> ObjectID? {
        guard let held = try appliedEverywhere() else { return nil }
        if held == head { return held }
        let history = History(CommitStamps(reading: repository))
        return try history.isAncestor(held, of: head) ? held : nil
    }

    /// The commit that all folders hold; nil while they differ.
    private func appliedEverywhere() throws -> ObjectID? {
        var commits: Set<ObjectID?> = []
        for folder in folders { commits.insert(try store.applied(folder.id)) }
        return commits.count == 1 ? commits.first ?? nil : nil
    }
}
