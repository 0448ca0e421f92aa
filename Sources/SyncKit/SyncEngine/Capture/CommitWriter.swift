internal import SyncMerge
package import SyncModel

/// Writes the commits that this device makes itself, the only ones that have a time of their own,
/// and signs them where that is asked for.
package final class CommitWriter {
    /// The device's name, which every such commit carries.
    let device: String
    /// Signs this device's commits; nil leaves them unsigned.
    package var signer: (any CommitSigner)?
    private let repository: any ObjectRepository
    private let store: any StateStore
    private let clock: any WallClock

    init(
        device: String, _ repository: any ObjectRepository, _ store: any StateStore,
        _ clock: any WallClock
    ) {
        (self.device, self.repository) = (device, repository)
        (self.store, self.clock) = (store, clock)
    }

    /// Writes a commit of a tree into a pack.
    /// - Parameter time: when what it has was made.
    func write(
        _ tree: ObjectID, on parents: [ObjectID], at time: Timestamp, _ message: String,
        into pack: any PackSink
    ) throws -> ObjectID {
        let signature = Signature(
            name: device, email: "\(device)@syncd.invalid", seconds: time.seconds)
        let commit = Commit(
            tree: tree, parents: parents, author: signature, committer: signature,
            message: message)
        return try pack.add(.commit, signed(commit))
    }

    /// A time after those of some commits, and now at the earliest.
    func time(after commits: [ObjectID]) throws -> Timestamp {
        let stamps = CommitStamps(reading: repository)
        let latest = try commits.map { try stamps.time(of: $0) }.max()
        return CaptureTime.of(clock.now(), after: latest, at: clock.now())
    }

    /// A commit's content, signed where that is asked for and can be done. An edit never waits
    /// for its signature: a commit that cannot be signed is made without one, and the status
    /// says so until one could be signed again.
    private func signed(_ commit: Commit) throws -> [UInt8] {
        var signature: String?
        var failure: String?
        do { signature = try signer?.sign(commit.serialized) } catch { failure = error.cause }
        if try store.fact(Vault.Fact.unsigned) != failure {
            try store.setFact(Vault.Fact.unsigned, failure)
        }
        return signature.map { commit.serialized(signed: $0) } ?? commit.serialized
    }

    /// Why the last commit is not signed although it should be; nil when it is.
    func unsigned() throws -> String? {
        try store.fact(Vault.Fact.unsigned).map { "the last commit is not signed: \($0)" }
    }
}
