internal import SyncGit
package import SyncModel

/// Whose turn it is to push to a remote on a path. Devices push as they like; of several that write
/// all the time the slowest would never be first, and have ever more to merge. One that others were
/// faster than takes the turn for its next look and push, and the others leave the branch alone
/// meanwhile, for at most `Limits.turnTime`. git knows nothing of it.
package struct PushTurn {
    private var lock: DirectoryLock?
    /// How many turns were taken, the present one counted.
    private var number = 0
    /// How many pushes in a row others were faster than.
    private var lost = 0
    /// Since when this device leaves the branch alone for another one.
    private var waitsSince: ContinuousClock.Instant?

    package init() {}

    /// Takes the turn for a device that lost it often enough.
    /// - Parameter directory: the remote's.
    /// - Returns: the number of a turn that was taken just now; it has to end by itself then.
    package mutating func take(in directory: String) -> Int? {
        guard lock == nil, lost >= Limits.turnTries else { return nil }
        lock = DirectoryLock(directory, waits: false)
        if lock == nil { return nil }
        number += 1
        return number
    }

    /// Whether a push may go: it is nobody else's turn, or that one has had it for too long.
    package mutating func mayPush(to directory: String, at now: ContinuousClock.Instant) -> Bool {
        guard lock == nil, DirectoryLock.isTaken(directory) else {
            waitsSince = nil
            return true
        }
        let since = waitsSince ?? now
        waitsSince = since
        return now - since >= Limits.turnTime
    }

    /// Notes how a push ended.
    package mutating func pushed(_ outcome: PushOutcome) {
        if outcome == .moved {
            lost += 1
            return
        }
        (lost, waitsSince) = (0, nil)
        end()
    }

    /// Ends a turn by its number; a later one goes on.
    package mutating func end(_ number: Int) {
        if number == self.number { end() }
    }

    /// Gives it to whoever wants it.
    package mutating func end() {
        lock?.release()
        lock = nil
    }
}
