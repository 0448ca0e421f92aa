internal import Logging
internal import SyncGit
internal import SyncModel

/// Keeps of the past what `[history] keep` says: planned and written in the background, done
/// between two exchanges.
final class HistoryThinning {
    /// A thinning that waits for its turn.
    private struct Waiting {
        let plan: ThinningPlan
        let ground: ThinningGround
        let prepared: PreparedThinning
    }

    private let keep: HistoryKeeping
    private let repository: String
    private let planner: ThinningPlanner
    private let log: Logger
    private var words = LastingWords()
    private var waiting: Waiting?
    private var isPlanning = false
    private var nextLook: ContinuousClock.Instant?

    init(_ configuration: Configuration, log: Logger) {
        (keep, repository) = (configuration.keep, configuration.repository)
        planner = ThinningPlanner(repository: configuration.repository)
        self.log = log
    }

    /// Plans, where the last look is long ago. A failure is said in the log.
    func prepareIfDue(for vault: Vault, at now: ContinuousClock.Instant) async {
        if let nextLook, now < nextLook { return }
        do {
            let isKnown = try await prepare(for: vault, atLeast: Limits.thinnedAtOnce)
            if isKnown { nextLook = now + Limits.thinningPause }
            say(nil)
        } catch { say(error) }
    }

    /// Plans what is to go, and writes what stays; nothing is gone yet. Where all is to be kept and
    /// some went before, the next exchange brings it back.
    /// - Parameter least: of fewer objects nothing is taken out.
    /// - Returns: false while that cannot be said.
    /// - Throws: `RepositoryError`, `StateStoreError`, and `RemoteError` where the remote does not
    ///   have all that would go.
    func prepare(for vault: Vault, atLeast least: Int) async throws -> Bool {
        guard case .daily(let days) = keep else {
            if try await planner.hasThinned() { vault.tracker.wantsThinned = true }
            return true
        }
        guard !isPlanning, waiting == nil, !vault.tracker.wantsThinned,
            let ground = try ThinningGround(of: vault)
        else {
            return false
        }
        isPlanning = true
        defer { isPlanning = false }
        let plan = try await planner.plan(keeping: days, on: ground)
        if plan.objects.count < least { return true }
        // That its branch reaches them does not say so: it may have been made anew, or be damaged.
        try await vault.tracker.link?.confirm(plan.objects.sorted())
        waiting = Waiting(
            plan: plan, ground: ground, prepared: try await planner.prepare(plan))
        return true
    }

    /// Takes out what was prepared, where nothing else writes to the repository. A failure is said
    /// in the log.
    func finishIfReady(in vault: Vault) {
        do { _ = try finish(in: vault) } catch { say(error) }
    }

    /// Takes out what was prepared. Call it where nothing else writes to the repository.
    /// - Returns: how many objects went; none where something of them is needed again: the next
    ///   look finds out what can go then.
    /// - Throws: `RepositoryError`.
    func finish(in vault: Vault) throws -> Int {
        guard let ready = waiting else { return 0 }
        waiting = nil
        guard let head = try vault.head(), try ready.ground.holds(in: vault),
            try ready.plan.allows(head, reading: vault.repository)
        else { return 0 }
        try GitRepository(opening: repository).finish(ready.prepared)
        // What this handle saw of the packs that went it must not take for here.
        try vault.repository.refresh()
        let count = ready.plan.objects.count
        log.info("thinned the history: \(count) objects are at the remote alone")
        return count
    }

    private func say(_ error: (any Error)?) {
        words.say(
            error.map { "the history is not thinned: \(SyncFailure($0).text)" }, of: .thinning,
            at: .warning, in: log)
    }
}

/// Plans with handles and a thread of its own: it reads all of the history.
private actor ThinningPlanner {
    private let executor = QueueExecutor(label: "syncd.thin")
    private let repository: String

    init(repository: String) { self.repository = repository }

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    func hasThinned() throws -> Bool { try GitRepository(opening: repository).hasThinned }

    func plan(keeping days: Int, on ground: ThinningGround) throws -> ThinningPlan {
        try BackgroundWork.of { [repository] in
            // libgit2's handles belong to one thread each.
            try ThinningPlan(
                keeping: days, on: ground, reading: GitRepository(opening: repository))
        }
    }

    /// Writes what stays.
    func prepare(_ plan: ThinningPlan) throws -> PreparedThinning {
        try BackgroundWork.of { [repository] in
            let thinning = Thinning(
                commits: plan.commits, objects: plan.objects, boundary: plan.boundary)
            return try GitRepository(opening: repository).prepare(thinning)
        }
    }
}
