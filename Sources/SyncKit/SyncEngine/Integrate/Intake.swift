package import SyncModel

/// What is known of the last thing that was taken in from the remote: which commit, and how often
/// the process died of it. A value: when to try again is decided here and nowhere else.
package struct Intake: Sendable, Equatable {
    /// How far it got; a death belongs to where it happened.
    package enum Stage: String, Sendable {
        /// Before the local branch has anything of it.
        case taking
        /// While the folders are brought to it.
        case applying
    }

    /// Where it stands.
    package enum State: String, Sendable {
        /// A process that ends now has died of it.
        case underWay = "under-way"
        /// Nobody is at it.
        case resting
        /// Somebody said that it shall be left alone.
        case skipped
    }

    /// Whether a head of the remote's may be taken in.
    package enum Verdict: Sendable, Equatable {
        case take
        /// Not before some moment.
        case rest(until: Timestamp)
        /// Not at all.
        case leave
    }

    /// The commit.
    package let commit: ObjectID
    /// How often the process died in a row, of this commit or, once it had to rest, of those that
    /// came after it.
    package private(set) var deaths = 0
    /// When the last death was noticed.
    package private(set) var lastDeath = Timestamp(milliseconds: 0)
    /// Where it is, or where it died.
    package var stage = Stage.taking
    /// Where it stands.
    package var state = State.underWay

    /// Begins to take a commit in.
    /// - Parameter before: what was taken in before, as far as that is known.
    package init(_ commit: ObjectID, after before: Intake?) {
        self.commit = commit
        guard let before, before.commit == commit || before.deaths >= Limits.intakeDeaths else {
            return
        }
        (deaths, lastDeath) = (before.deaths, before.lastDeath)
    }

    /// What a new process makes of what the one before left: one that was under way counts as a
    /// death. Who only looks at the vault in between, a command, changes nothing about that.
    package func found(at now: Timestamp) -> Intake {
        guard state == .underWay else { return self }
        var next = self
        next.deaths = min(deaths, Self.mostDeaths) + 1
        next.lastDeath = now
        next.state = .resting
        return next
    }

    /// Whether a head of the remote's may be taken in now.
    package func verdict(on head: ObjectID, at now: Timestamp) -> Verdict {
        if state == .skipped { return head == commit ? .leave : .take }
        if state == .underWay || deaths < Limits.intakeDeaths { return .take }
        // The next head may mend it, and is tried at once; if that dies too, others wait as well.
        if head != commit && deaths == Limits.intakeDeaths { return .take }
        let until = rested
        // A clock that was set back keeps nothing waiting for long.
        return lastDeath <= now && now < until ? .rest(until: until) : .take
    }

    /// When it may be tried again.
    package var rested: Timestamp {
        let rests = Limits.intakeRests
        let rest = rests[min(max(0, deaths - Limits.intakeDeaths), rests.count - 1)]
        return Timestamp(
            milliseconds: lastDeath.milliseconds + rest.components.seconds * 1000)
    }

    /// Past this many they are not counted.
    private static let mostDeaths = 1_000_000
}

/// As one line: form, commit, deaths, time of the last, stage, state, version of the program.
extension Intake {
    private static let form = "1"

    /// The line.
    package var text: String {
        [
            Self.form, commit.hex, "\(deaths)", "\(lastDeath.milliseconds)", stage.rawValue,
            state.rawValue, Version.text,
        ].joined(separator: " ")
    }

    /// Reads a line.
    /// - Returns: nil for anything else, and for what another version of the program wrote: it
    ///   may have died of what this one does not.
    package init?(_ line: String) {
        let words = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        guard words.count == 7, words[0] == Self.form, words[6] == Version.text,
            let commit = ObjectID(hex: words[1]), let deaths = Int(words[2]),
            (0...Self.mostDeaths + 1).contains(deaths),
            let lastDeath = Timestamp(claimed: words[3]), let stage = Stage(rawValue: words[4]),
            let state = State(rawValue: words[5])
        else { return nil }
        self.commit = commit
        (self.deaths, self.lastDeath) = (deaths, lastDeath)
        (self.stage, self.state) = (stage, state)
    }
}
