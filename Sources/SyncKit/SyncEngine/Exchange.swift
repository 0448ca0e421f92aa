internal import SyncModel

/// How an exchange with the remote ended.
package enum ExchangeOutcome: Sendable, Equatable {
    /// The folders hold the head, and the remote has it.
    case inSync
    /// There is more to do: paths wait to be applied, or others kept pushing.
    case pending
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

    /// Takes both.
    package init(pushesFirst: Bool, publishesLater: Bool) {
        self.pushesFirst = pushesFirst
        self.publishesLater = publishesLater
    }

    /// Saves nothing: looks, then pushes all there is to say.
    package static let none = ExchangeOptions(pushesFirst: false, publishesLater: false)
}

/// The cycle after capture: from a commit to every device. It begins from the repository and the
/// record alone, so it may run after a capture that failed.
extension Vault {
    /// Brings the folders, the head and the remote's head together.
    package func exchange(
        _ options: ExchangeOptions = .none, pause: (Int) async throws -> Void = { _ in }
    ) async throws -> ExchangeOutcome {
        try await intake.takingIn { try await reconcile(options, pause) }
    }

    private func reconcile(
        _ options: ExchangeOptions, _ pause: (Int) async throws -> Void
    ) async throws -> ExchangeOutcome {
        // Applying a head that lacks what the state store names would take that away from the
        // folder.
        try recoverHead()
        try learnCutShort()
        // Whatever ends this early, the next one looks.
        let sinceFetch = publisher.pushesSinceFetch
        publisher.pushesSinceFetch = nil
        if options.pushesFirst, let sinceFetch, sinceFetch < Limits.pushesSinceFetch,
            try publisher.mayPushFirst()
        {
            try applyUntilStable()
            switch try await times.measure(.push, { try await publisher.push() }) {
            case .accepted:
                publisher.pushesSinceFetch = sinceFetch + 1
                return try isInSync() ? .inSync : .pending
            case .declined(let words): return .declined(words)
            case .moved: break
            }
        }
        for attempt in 1...Limits.pushTries {
            let before = tracker.seen
            let change = try await times.measure(.fetch) { try await fetchUnlessResting() }
            try recoverHead()
            try learnCutShort()
            if let change {
                try applyUntilStable()
                return .stopped(change)
            }
            let isWhole = try await takeIn(tracker.seen?.head)
            // What a folder held before it was given anything is told by the history alone.
            if try !again.isEmpty && isJoining() { try capture([:]) }
            try intake.brake.applies()
            try applyUntilStable()
            if !isWhole { return .pending }
            intake.takenIn = tracker.seen?.head
            let hasNews = before != nil && before?.head != tracker.seen?.head
            if try options.publishesLater && hasNews && publisher.putsOff() {
                publisher.pushesSinceFetch = 0
                return try isInSync() ? .inSync : .pending
            }
            switch try await times.measure(.push, { try await publisher.push() }) {
            case .accepted:
                publisher.pushesSinceFetch = 0
                return try isInSync() ? .inSync : .pending
            case .declined(let words):
                return .declined(words)
            case .moved:
                try await pause(attempt)
            }
        }
        return .pending
    }

    /// A head that has to rest keeps nothing else from the folders.
    private func fetchUnlessResting() async throws -> RemoteChange? {
        do { return try await tracker.fetch() } catch let error as RemoteError
            where error.code == .fatal
        {
            try applyUntilStable()
            throw error
        }
    }

    /// Brings the remote's head into the local one, once all that it brings may come in.
    /// - Returns: false when not all of it was asked yet.
    private func takeIn(_ remoteHead: ObjectID?) async throws -> Bool {
        guard let remoteHead else { return true }
        if intake.keepsOut(remoteHead) { return false }
        do {
            guard try await incoming.verify(remoteHead) else { return false }
        } catch let error as RefusedCommit {
            try incoming.note(refused: error, at: remoteHead)
            try applyUntilStable()
            throw error
        }
        try incoming.note(refused: nil, at: remoteHead)
        try times.measure(.merge) { try integrator.integrate(remoteHead) }
        return true
    }

    /// What an apply left that was cut short is learnt before another head is applied: a file that
    /// neither head has would count as new then.
    private func learnCutShort() throws {
        if folders.contains(where: \.needsScan) { try capture([:]) }
    }

    /// Applies the head; what apply finds edited is captured and merged, and applied again.
    package func applyUntilStable() throws {
        try times.measure(.apply) { try applyInRounds() }
    }

    private func applyInRounds() throws {
        for _ in 0..<Limits.applyRounds {
            // Apply keeps what it replaced until a capture has seen that nobody wrote to it.
            if try applyHead().applied == 0 && again.isEmpty { return }
            try capture([:], CaptureOptions(live: true))
        }
    }

    /// Whether every folder holds the head, nothing waits and the remote has it: what "in sync"
    /// means.
    package func isInSync() throws -> Bool {
        let head = try head()
        for folder in folders {
            guard folder.stopped == nil, folder.quarantinedDeletions == 0,
                try store.applied(folder.id) == head,
                try deferred(folder).isEmpty
            else { return false }
        }
        return again.isEmpty && (tracker.link == nil || head == nil || tracker.seen?.head == head)
    }
}
