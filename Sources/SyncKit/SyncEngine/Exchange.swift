internal import SyncModel

/// How an exchange with the remote ended.
package enum ExchangeOutcome: Sendable, Equatable {
    /// The folders hold the head, and the remote has it.
    case inSync
    /// There is more to do: paths wait to be applied, or not all that came was asked yet.
    case pending
    /// Others pushed first, or held the branch's lock, at each try.
    case outpaced
    /// The remote said no; its words.
    case declined(String)
    /// The remote no longer has what it had: nothing is merged and nothing pushed until somebody
    /// chooses.
    case stopped(RemoteChange)
}

/// How an exchange may go about a remote that is far: each saves a request.
package struct ExchangeOptions: Sendable {
    /// Whether a push may go before the look. The remote takes it only where its branch stands
    /// as it was last seen, so one that is taken shows as much as a look.
    package var pushesFirst: Bool
    /// Whether saying how far this device has applied may wait for an exchange that finds nothing
    /// new, where nothing else is to be pushed.
    package var publishesLater: Bool

    package init(pushesFirst: Bool, publishesLater: Bool) {
        self.pushesFirst = pushesFirst
        self.publishesLater = publishesLater
    }

    /// Saves nothing: looks, then pushes all there is to say.
    package static let none = ExchangeOptions(pushesFirst: false, publishesLater: false)
}

/// The cycle after capture: from a commit to every device. It begins from the repository and the
/// record alone, so it may run after a capture that failed.
final class Exchange {
    private let intake: IntakeGuard
    private let tracker: RemoteTracker
    private let incoming: IncomingVerification
    private let integrator: Integrator
    private let publisher: Publisher
    private let capture: VaultCapture
    private let apply: VaultApply
    private let recovery: HeadRecovery
    private let joining: Joining
    private let rechecks: Rechecks
    private let report: VaultReport
    /// How long its steps take.
    private let times: CycleTimes

    init(
        intake: IntakeGuard, tracker: RemoteTracker, incoming: IncomingVerification,
        integrator: Integrator, publisher: Publisher, capture: VaultCapture, apply: VaultApply,
        recovery: HeadRecovery, joining: Joining, rechecks: Rechecks, report: VaultReport,
        times: CycleTimes
    ) {
        (self.intake, self.tracker, self.incoming) = (intake, tracker, incoming)
        (self.integrator, self.publisher, self.report) = (integrator, publisher, report)
        (self.capture, self.apply, self.recovery) = (capture, apply, recovery)
        (self.joining, self.rechecks, self.times) = (joining, rechecks, times)
    }

    /// Brings the folders, the head and the remote's head together.
    /// - Parameter pause: waits before the push is tried again that somebody else was faster than;
    ///   takes the number of the try, from 1.
    func exchange(
        _ options: ExchangeOptions, pause: (Int) async throws -> Void
    ) async throws -> ExchangeOutcome {
        try await intake.takingIn {
            try await tracker.bringBackThinned()
            do { return try await reconcile(options, pause) } catch let error as RepositoryError
                where error.code == .thinned
            {
                // What somebody merged was made upon something that nobody was known to hold.
                tracker.wantsThinned = true
                try await tracker.bringBackThinned()
                return try await reconcile(options, pause)
            }
        }
    }

    private func reconcile(
        _ options: ExchangeOptions, _ pause: (Int) async throws -> Void
    ) async throws -> ExchangeOutcome {
        try readAgain()
        // Whatever ends this early, the next one looks.
        let sinceFetch = publisher.pushesSinceFetch
        publisher.pushesSinceFetch = nil
        if options.pushesFirst, let sinceFetch, sinceFetch < Limits.pushesSinceFetch,
            try publisher.mayPushFirst()
        {
            let unapplied = try applyAsFarAsFoldersLet()
            switch try await pushBlindly() {
            case .accepted:
                publisher.pushesSinceFetch = sinceFetch + 1
                return try outcome(unapplied)
            case .declined(let words): return .declined(words)
            case .moved: break
            }
        }
        for attempt in 1...Limits.pushTries {
            let fetched = try await orApply {
                try await times.measure(.fetch) { try await fetch() }
            }
            try readAgain()
            if let change = fetched.change {
                try applyUntilStable()
                return .stopped(change)
            }
            let isWhole = try await orApply { try await takeIn(fetched.head) }
            // Somebody was faster: what is merged goes out before folders that programs write to
            // all the time have taken it, or somebody will be faster each time.
            if attempt > 1, isWhole, try await pushAtOnce() == .moved {
                try await pause(attempt)
                continue
            }
            try lookBeforeJoining()
            try intake.brake.applies()
            let unapplied = try applyAsFarAsFoldersLet()
            if !isWhole {
                if let unapplied { throw unapplied }
                return .pending
            }
            intake.takenIn = fetched.head
            if try options.publishesLater && fetched.isNews && publisher.putsOff() {
                publisher.pushesSinceFetch = 0
                return try outcome(unapplied)
            }
            switch try await pushAtOnce() {
            case .accepted:
                publisher.pushesSinceFetch = 0
                return try outcome(unapplied)
            case .declined(let words):
                return .declined(words)
            case .moved:
                try await pause(attempt)
            }
        }
        return .outpaced
    }

    private func pushAtOnce() async throws -> PushOutcome {
        try await times.measure(.push) { try await publisher.push() }
    }

    /// Pushes before anything is fetched. A login that is refused there may be one that may read:
    /// the fetch shows it.
    private func pushBlindly() async throws -> PushOutcome {
        do { return try await pushAtOnce() } catch let error as RemoteError
            where error.code == .authentication
        { return .moved }
    }

    /// What a fetch brought.
    private struct Fetched {
        /// The remote's head; nil when it has none.
        let head: ObjectID?
        /// Whether it is another than at the fetch before; false at the first.
        let isNews: Bool
        /// What the remote became that somebody has to choose about; nil for nothing.
        let change: RemoteChange?
    }

    private func fetch() async throws -> Fetched {
        let before = tracker.seen
        let change = try await tracker.fetch()
        let head = tracker.seen?.head
        return Fetched(head: head, isNews: before != nil && before?.head != head, change: change)
    }

    /// Does what brings the remote's part in. Whatever keeps that out, for hours where nobody
    /// reaches the remote, keeps nothing of the local head from the folders.
    /// - Throws: what the work throws, and what is wrong with the repository or the state store.
    ///   Why a folder does not take the head is told with what waits.
    private func orApply<Outcome>(_ work: () async throws -> Outcome) async throws -> Outcome {
        do { return try await work() } catch {
            if error is CancellationError || Task.isCancelled { throw error }
            try intake.endIfReplaced()
            try intake.endIfHalted()
            try lookBeforeJoining()
            _ = try applyAsFarAsFoldersLet()
            throw error
        }
    }

    /// What a folder held before it was given anything is told by the history alone.
    private func lookBeforeJoining() throws {
        if try !rechecks.isEmpty && joining.isJoining() { try capture.capture([:]) }
    }

    /// While the remote was waited for, captures, applies and choices may have run, and failed
    /// between two of their steps: what they left is brought in order before anything is built on
    /// it. Applying a head that lacks what the state store names would take that away from the
    /// folder. All later steps read head, rows and conflicts themselves.
    private func readAgain() throws {
        try intake.endIfReplaced()
        try intake.endIfHalted()
        try recovery.recoverHead()
        try capture.learnCutShort()
    }

    /// Brings the remote's head into the local one, once all that it brings may come in.
    /// - Returns: false when not all of it was asked yet, or the remote has another by now.
    private func takeIn(_ remoteHead: ObjectID?) async throws -> Bool {
        guard let remoteHead else { return true }
        if intake.keepsOut(remoteHead) { return false }
        do {
            guard try await incoming.verify(remoteHead) else { return false }
        } catch let error as RefusedCommit {
            try incoming.note(refused: error, at: remoteHead)
            throw error
        }
        try intake.endIfReplaced()
        try intake.endIfHalted()
        // Somebody may have looked at the remote meanwhile: what is pushed would go over another
        // head than the one that came in.
        if tracker.seen?.head != remoteHead || tracker.change != nil { return false }
        try incoming.note(refused: nil, at: remoteHead)
        _ = try times.measure(.merge) { try integrator.integrate(remoteHead) }
        return true
    }

    /// Applies the head. What keeps one folder from taking it (a full disk, one that is read-only)
    /// keeps no commit of this device from the remote.
    /// - Returns: that failure, to be told once the push is over.
    private func applyAsFarAsFoldersLet() throws -> FolderError? {
        do {
            try applyUntilStable()
            return nil
        } catch let error as FolderError { return error }
    }

    /// How an exchange ended whose push went through.
    /// - Throws: what kept a folder from taking the head.
    private func outcome(_ unapplied: FolderError?) throws -> ExchangeOutcome {
        try intake.endIfReplaced()
        if let unapplied { throw unapplied }
        return try report.isInSync() ? .inSync : .pending
    }

    /// Applies the head; what apply finds edited is captured and merged, and applied again.
    func applyUntilStable() throws {
        try intake.endIfReplaced()
        try times.measure(.apply) { try applyInRounds() }
    }

    private func applyInRounds() throws {
        for round in 0..<Limits.applyRounds {
            // Apply keeps what it replaced until a capture has seen that nobody wrote to it. A
            // folder that stopped is looked at whole, and once.
            let applied = try apply.applyHead().applied
            let isQuiet = rechecks.isEmpty || round > 0 && rechecks.areOfStopped
            if applied == 0 && isQuiet { return }
            try capture.capture([:], CaptureOptions(live: true))
        }
    }
}
