package import SyncEngine
internal import SyncMerge
internal import SyncModel
internal import SyncRemote

/// One device and a remote whose other writer means harm, or is another program: whatever comes,
/// the device takes it or says why not, and what its own user writes is captured. A seed decides
/// everything.
package final class HostileHistory: @unchecked Sendable {
    private let seed: UInt64
    private var random: SeededRandom
    private let clock = SimClock()
    private let repository = InMemoryRepository()
    private let remote = InMemoryRepository()
    private let store = InMemoryStateStore()
    private let folder: SimFolder
    private var hostile: HostileCommits
    /// What the user wrote, each in a version of its own.
    private var written: [ObjectID] = []

    /// The longest that one exchange may take: far more than any of them does.
    private static let patience = Duration.seconds(60)
    /// What a file's stat may say, in nanoseconds.
    private static let times: [Int64] = [
        0, -1_000, 1_000, .min, .max - 1_000, .max, 253_402_300_800,
    ]
    private static let branch = "refs/heads/sync"

    private init(seed: UInt64) {
        self.seed = seed
        random = SeededRandom(seed: seed)
        folder = SimFolder(
            clock: clock, before: { _ throws(FolderError) in }, isBusy: { _ in false },
            lateWrite: { _, _ in nil }, destroys: { _, _ in })
        hostile = HostileCommits(seed: seed, in: remote, upon: [])
    }

    /// Runs the history of a seed.
    /// - Throws: `Violation` for the first broken promise.
    package static func run(seed: UInt64) async throws {
        try await HostileHistory(seed: seed).live()
    }

    private func live() async throws {
        var vault = start()
        // A device that joins hears from the remote first.
        _ = try await vault.exchange()
        try write("a.txt", in: vault)
        guard try await vault.exchange() == .inSync, let first = try remoteHead() else {
            throw violation("it begins in sync", "")
        }
        hostile = HostileCommits(seed: seed, in: remote, upon: [first])
        for _ in 0..<3 {
            var head = try remoteHead() ?? first
            for _ in 0...random.below(3) { head = try hostile.next(over: head) }
            try move(to: head)
            if random.oneIn(3) { vault = start() }
            try write(["a.txt", "b.md", "x"][random.below(3)], in: vault)
            _ = try await exchange(vault)
            try write("own.txt", in: vault)
        }
        // Somebody notices, and makes a commit on top that has none of it.
        try move(to: try mended(over: try remoteHead() ?? first, as: first))
        if random.oneIn(2) { vault = start() }
        for _ in 0..<2 {
            if let error = try await exchange(vault) {
                throw violation("a good commit on top mends", "\(error)")
            }
        }
        guard folder.files[SimWorld.path("good.txt")] != nil else {
            throw violation("a good commit on top is applied", "")
        }
        try write("own.txt", in: vault)
        if let error = try await exchange(vault) { throw violation("it goes on", "\(error)") }
        guard try remoteHead() == vault.head() else { throw violation("it pushes again", "") }
    }

    // MARK: Steps

    private func start() -> Vault {
        let transfer = Link(
            transfer: PathTransfer(
                local: repository, remote: remote, branch: "sync", device: "linden"))
        let link = SimRemote(
            fetch: { mayBring throws(RemoteError) in try transfer.transfer.fetch(mayBring) },
            push: { head, expected, applied throws(RemoteError) in
                try transfer.transfer.push(head, expecting: expected, applied: applied)
            })
        return Vault(
            identity: .init(name: "v", device: "linden", branch: "sync"), repository: repository,
            folders: [VaultFolder(id: SimWorld.path("shared"), access: folder)], store: store,
            remote: link, clock: clock)
    }

    private struct Link: @unchecked Sendable { let transfer: PathTransfer }

    /// Writes a file and captures it; it has to be in the history then.
    private func write(_ name: String, in vault: Vault) throws {
        clock.advance(1_000_000_000)
        let content = Array("written \(written.count)\n".utf8)
        folder.write(SimWorld.path(name), content, mode: .regular, inPlace: random.oneIn(2))
        if random.oneIn(3) {
            // Never twice the same: then nothing would tell that the file changed.
            let changed = Self.times[random.below(Self.times.count)] &+ Int64(written.count)
            folder.setTimes(
                of: SimWorld.path(name), modified: Self.times[random.below(Self.times.count)],
                changed: changed)
        }
        written.append(ObjectID(hashing: content, as: .blob))
        do { try vault.capture([vault.folders[0].id: .everything]) } catch {
            throw violation("an edit is captured", "\(error)")
        }
        let head = try vault.head()
        for blob in written where try !isReached(blob, from: head) {
            throw violation("what was captured is in the history", "\(name) \(blob.short)")
        }
    }

    /// - Returns: why it could not be made; nil when it went well.
    private func exchange(_ vault: Vault) async throws -> (any Error)? {
        clock.advance(1_000_000_000)
        let began = ContinuousClock.now
        var failure: (any Error)?
        do { _ = try await vault.exchange() } catch { failure = error }
        var status = VaultStatus(vault: "v", device: "linden")
        do { try vault.report.describe(&status) } catch {
            throw violation("it has a status", "\(error)")
        }
        let took = ContinuousClock.now - began
        if took > Self.patience { throw violation("an exchange ends", "\(took)") }
        return failure
    }

    private func mended(over head: ObjectID, as good: ObjectID) throws -> ObjectID {
        let pack = try remote.beginPack()
        let blob = try pack.add(.blob, Array("good\n".utf8))
        let tree = try TreeEdit.apply(
            [SimWorld.path("shared/good.txt"): FileVersion(mode: .regular, id: blob)],
            to: try remote.commit(good).tree, reading: remote, writing: pack)
        let who = Signature(name: "x", email: "x@y", seconds: clock.now().seconds)
        let commit = Commit(
            tree: tree, parents: [head], author: who, committer: who, message: "mended\n")
        let id = try pack.add(.commit, commit.serialized)
        try pack.finish()
        return id
    }

    private func remoteHead() throws -> ObjectID? { try remote.reference(Self.branch) }

    private func move(to head: ObjectID) throws {
        try remote.setReference(Self.branch, to: head, expecting: try remoteHead())
    }

    /// Whether a commit, or one before it, has the blob in the folder.
    private func isReached(_ blob: ObjectID, from head: ObjectID?) throws -> Bool {
        var pending = head.map { [$0] } ?? []
        var seen: Set<ObjectID> = []
        while let id = pending.popLast() {
            guard seen.insert(id).inserted else { continue }
            let commit = try repository.commit(id)
            pending += commit.parents
            // The device's own commits alone: what others made need not be readable.
            guard commit.author.email == "linden@syncd.invalid" else { continue }
            for path in ["a.txt", "b.md", "x", "own.txt"] {
                let place = SimWorld.path("shared/\(path)")
                let version: FileVersion?
                do {
                    version = try TreeDiff.version(at: place, of: commit.tree, reading: repository)
                } catch { continue }
                if version?.id == blob { return true }
            }
        }
        return false
    }

    private func violation(_ promise: String, _ detail: String) -> Violation {
        Violation(seed: seed, invariant: promise, detail: detail)
    }
}
