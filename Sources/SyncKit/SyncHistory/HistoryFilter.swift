internal import SyncMerge
package import SyncModel

/// Which commits of a history are wanted. All that is asked for has to hold.
package struct HistoryFilter: Sendable, Equatable {
    /// What a commit that claims to be later says of its time is not believed.
    package var latest = Timestamp.latest
    /// Milliseconds since 1970: nothing older.
    package var since: Int64?
    /// Milliseconds since 1970: nothing newer.
    package var until: Int64?
    /// The device that made it.
    package var device: String?
    /// The agent that it names in the trailer `Sync-Agent`, as claimed or not.
    package var agent: String?
    /// What the message contains, letter by letter.
    package var text: String?
    /// Only commits that deleted files, with those alone.
    package var deletions = false
    /// Also merges that bring nothing of their own.
    package var everyMerge = false

    /// Everything is wanted but merges that bring nothing of their own.
    /// - Parameter now: what the clock shows; nil believes whatever commits claim.
    package init(now: Timestamp? = nil) {
        if let now { latest = now.latestClaim }
    }

    /// Whether a commit is wanted.
    func admits(_ step: HistoryWalk.Step) -> Bool {
        if let since, step.time.milliseconds < since { return false }
        if let until, step.time.milliseconds > until { return false }
        if let device, CommitStamps.device(of: step.commit) != device { return false }
        if let agent, !step.commit.isBy(agent) { return false }
        if let text, !step.commit.message.contains(text) { return false }
        return true
    }
}

extension Commit {
    /// Whether a program acted for a person: by a token of its name, or by its own claim.
    package func isBy(_ agent: String) -> Bool {
        agents.contains { $0 == agent || $0 == "\(agent) (claimed)" }
    }

    /// The program that acted for a person, or several; nil when none is named.
    var agent: String? { agents.isEmpty ? nil : agents.joined(separator: ", ") }

    private var agents: [String] { trailers(named: "Sync-Agent").filter { !$0.isEmpty } }
}
