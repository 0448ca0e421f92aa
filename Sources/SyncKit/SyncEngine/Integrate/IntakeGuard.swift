package import SyncModel

/// Stands around everything that parses what the remote has: what the process dies of rests.
package final class IntakeGuard {
    /// Keeps what a process died of from being taken in again and again.
    package let brake: Brake
    private let branch: Branch
    private let repository: any ObjectRepository
    private let clock: any WallClock
    /// How many calls may be taking something in.
    private var underWay = 0
    /// The remote's head that was last taken in, in this run.
    var takenIn: ObjectID?
    /// Whether a vault with another state store took this one's place. What an exchange that is
    /// under way applied from then on would be noted where nobody looks, and taken for an edit.
    package var isReplaced = false
    /// Whether somebody stopped syncing: an exchange that waits for the remote ends with the
    /// answer, and neither applies nor captures anything for it.
    package var isHalted = false

    init(
        _ brake: Brake, _ branch: Branch, _ repository: any ObjectRepository, _ clock: any WallClock
    ) {
        (self.brake, self.branch) = (brake, branch)
        (self.repository, self.clock) = (repository, clock)
    }

    /// Ends an exchange that began before this vault was replaced.
    func endIfReplaced() throws(StateStoreError) {
        if !isReplaced { return }
        throw StateStoreError(.io, "go on with an exchange", "it was rebuilt meanwhile")
    }

    /// Ends an exchange once somebody stopped syncing.
    func endIfHalted() throws(CancellationError) {
        if isHalted { throw CancellationError() }
    }

    /// Runs what may take something in, and notes when it is over. Calls may overlap, then the
    /// last one to end notes it.
    package func takingIn<Outcome>(_ work: () async throws -> Outcome) async throws -> Outcome {
        underWay += 1
        let result: Result<Outcome, any Error>
        do { result = .success(try await work()) } catch { result = .failure(error) }
        underWay -= 1
        if underWay == 0 { try brake.end() }
        return try result.get()
    }

    /// Brings the folders to the head; what a process died of when it did counts again.
    /// - Parameter isDone: whether every folder is at it: what was died of is survived then.
    func applying<Outcome>(_ work: () throws -> Outcome, isDone: () throws -> Bool) throws
        -> Outcome
    {
        let isAgain = try brake.appliesAgain()
        let result = Result { try work() }
        if isAgain { try isDone() ? brake.end() : brake.restsAgain() }
        return try result.get()
    }

    /// Notes a head of the remote's that may bring something, before anything of it is read.
    /// - Returns: whether it may be looked at; not when it is to be left alone.
    /// - Throws: `RemoteError` `.fatal` when it has to rest.
    package func mayRead(_ head: ObjectID) throws -> Bool {
        if try head == branch.head() && brake.intake?.commit != head { return true }
        if head == takenIn && brake.intake == nil { return true }
        switch brake.verdict(on: head) {
        case .leave: return false
        case .take where repository.contains(head):
            try brake.begin(head)
            return true
        case .take: throw RemoteError(brake.intake, on: head, until: clock.now())
        case .rest(let until): throw RemoteError(brake.intake, on: head, until: until)
        }
    }

    /// Whether a head of the remote's is one that rests, or is left alone: nothing of it is read.
    func keepsOut(_ head: ObjectID) -> Bool { brake.verdict(on: head) != .take }

    /// The commit that rests or is passed over; nil when there is none.
    package var keptOut: KeptOut? {
        guard let intake = brake.intake else { return nil }
        switch brake.verdict(on: intake.commit) {
        case .take: return nil
        case .leave:
            return KeptOut(commit: intake.commit, deaths: intake.deaths, isSkipped: true)
        case .rest(let until):
            return KeptOut(
                commit: intake.commit, deaths: intake.deaths, isSkipped: false,
                nextTry: until.iso8601)
        }
    }

    /// What keeps a head of the remote's out, for a status without the daemon.
    /// - Parameter head: the remote's, where that was seen.
    func rest(seeing head: ObjectID??) -> SyncFailure? {
        guard let intake = brake.intake else { return nil }
        let seen: ObjectID? = if let head { head } else { intake.commit }
        guard let seen, case .rest(let until) = brake.verdict(on: seen) else { return nil }
        return SyncFailure(RemoteError(intake, on: seen, until: until))
    }

    /// Says that a head of the remote's is left alone; nil when it is not.
    func skippedWords(_ head: ObjectID?) -> String? {
        guard let head, brake.verdict(on: head) == .leave else { return nil }
        return "the remote's commit \(head.short) is passed over: what is edited is committed "
            + "here and goes out once the remote has another head"
    }

    /// Whoever chooses what becomes of the remote takes its head in, or makes a commit over it.
    /// - Throws: `ChangeRefusal` for a head that is left alone.
    func refuseWhatIsPassedOver(_ head: ObjectID?) throws(ChangeRefusal) {
        guard let head, brake.verdict(on: head) == .leave else { return }
        throw ChangeRefusal(
            .wrong,
            "the remote's commit \(head.short) is passed over, and a choice would read it: push "
                + "another commit on top with git, then choose")
    }

    /// Passes over the remote's head: nothing of it is taken in until the remote has another.
    /// - Parameters:
    ///   - name: the head's name or its beginning, at least 4 hexadecimal digits.
    ///   - seen: the remote's head, as far as it is known.
    /// - Returns: the commit.
    /// - Throws: `ChangeRefusal` for what is not the remote's head.
    func skip(_ name: String, seen: ObjectID?) throws -> ObjectID {
        let candidates = [seen, brake.intake?.commit].compactMap { $0 }
        let wanted = name.lowercased()
        guard wanted.count >= 4, let commit = candidates.first(where: { $0.hex.hasPrefix(wanted) })
        else {
            let place = seen.map { "stands at \($0.hex)" } ?? "has no head"
            throw ChangeRefusal(
                .missing, "only the remote's head can be passed over, and the remote \(place)")
        }
        if try commit == branch.head() && brake.intake?.commit != commit {
            throw ChangeRefusal(.wrong, "\(commit.short) is the head here, too: it was taken in")
        }
        try brake.skip(commit)
        return commit
    }
}

extension RemoteError {
    /// - Parameters:
    ///   - intake: what is known of what the process died of.
    ///   - head: the remote's head.
    ///   - until: when it is tried again.
    init(_ intake: Intake?, on head: ObjectID, until: Timestamp) {
        let deaths = intake?.deaths ?? 0
        let what = head == intake?.commit ? "it" : "\(intake?.commit.short ?? "")"
        let doing = intake?.stage == .applying ? "applied \(what)" : "took \(what) in"
        self.init(
            .fatal, "take in the remote's commit \(head.short)",
            "syncd ended \(deaths) times in a row while it \(doing)",
            hint: "captures go on; it is tried again at \(until.iso8601), or once the remote has "
                + "another head; syncctl remote skip \(head.short) passes over it")
    }
}
