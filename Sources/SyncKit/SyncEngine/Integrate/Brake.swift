package import SyncModel
internal import Synchronization

/// Keeps a vault from dying of the same commit over and over: what is taken in from the remote is
/// noted before, and what a process died of twice rests. May be asked from any thread.
package final class Brake: Sendable {
    private let notes: (any IntakeNotes)?
    private let clock: any WallClock
    private let known: Mutex<Intake?>

    /// Looks at what the process before left, and notes durably that it died of it.
    /// - Throws: what `notes` throws.
    package init(_ notes: any IntakeNotes, clock: any WallClock) throws(StateStoreError) {
        (self.notes, self.clock) = (notes, clock)
        let before = try notes.read()
        let found = before.flatMap { Intake($0) }?.found(at: clock.now())
        if before != found?.text { try notes.write(found?.text, isDurable: true) }
        known = Mutex(found)
    }

    /// One that remembers nothing beyond this process.
    package init(clock: any WallClock) {
        (notes, self.clock) = (nil, clock)
        known = Mutex(nil)
    }

    /// One that only looks at what is noted, while another process may have the vault.
    /// - Throws: what `notes` throws.
    package init(lookingAt notes: any IntakeNotes, clock: any WallClock) throws(StateStoreError) {
        (self.notes, self.clock) = (nil, clock)
        known = Mutex(try notes.read().flatMap { Intake($0) })
    }

    /// What is known of the last commit that was taken in; nil when all went well.
    package var intake: Intake? { known.withLock { $0 } }

    /// Whether a head of the remote's may be taken in now.
    package func verdict(on head: ObjectID) -> Intake.Verdict {
        intake?.verdict(on: head, at: clock.now()) ?? .take
    }

    /// Whether the folders may not be brought to the head: a process died of that, and nobody
    /// has tried again since.
    var keepsFromApplying: Bool {
        guard let intake, intake.stage == .applying, intake.state != .underWay else {
            return false
        }
        return intake.verdict(on: intake.commit, at: clock.now()) != .take
    }

    /// Notes that a commit is about to be taken in.
    func begin(_ commit: ObjectID) throws(StateStoreError) {
        try change { before in
            before?.commit == commit && before?.state == .underWay
                ? before : Intake(commit, after: before)
        }
    }

    /// Notes that the local branch has it, and the folders are about to get it.
    func applies() throws(StateStoreError) {
        try change { before in
            guard var next = before, next.state == .underWay else { return before }
            next.stage = .applying
            return next
        }
    }

    /// Notes that the folders are brought once more to what a process died of while it brought them
    /// to it; whoever does so outside of an exchange would die of it uncounted.
    /// - Returns: whether it was noted, and is to be ended.
    func appliesAgain() throws(StateStoreError) -> Bool {
        guard let before = intake, before.stage == .applying, before.state == .resting else {
            return false
        }
        var next = before
        next.state = .underWay
        try change { _ in next }
        return true
    }

    /// Notes that nothing came of that: the folders are not at it yet.
    func restsAgain() throws(StateStoreError) {
        try change { before in
            guard var next = before, next.state == .underWay else { return before }
            next.state = .resting
            return next
        }
    }

    /// Notes that what was under way is over, well or with an error.
    func end() throws(StateStoreError) {
        try change { before in before?.state == .underWay ? nil : before }
    }

    /// Leaves a commit alone for as long as the remote's head is that.
    func skip(_ commit: ObjectID) throws(StateStoreError) {
        try change(isDurable: true) { before in
            var next = Intake(commit, after: before)
            next.stage = before?.commit == commit ? before?.stage ?? .taking : .taking
            next.state = .skipped
            return next
        }
    }

    /// Which commits may be brought here; notes the first. What a device published is noted only
    /// where that takes nothing away which is known of a head.
    package func mayBring(_ missing: [ObjectID], hasHead: Bool) throws(RemoteError) -> [ObjectID] {
        let allowed = missing.filter { verdict(on: $0) == .take }
        guard let first = allowed.first else { return [] }
        if (hasHead && first == missing.first) || intake == nil {
            do { try begin(first) } catch {
                throw RemoteError(.io, "fetch", "it cannot be noted what comes: \(error)")
            }
        }
        return allowed
    }

    private func change(isDurable: Bool = false, _ next: (Intake?) -> Intake?)
        throws(StateStoreError)
    {
        try known.withLock { known throws(StateStoreError) in
            let after = next(known)
            if after == known { return }
            // What a process died of before has to be counted whatever it does to the machine.
            let isSuspect = after?.state == .underWay && after?.deaths ?? 0 > 0
            try notes?.write(after?.text, isDurable: isDurable || isSuspect)
            known = after
        }
    }
}
