import ArgumentParser
import SyncEngine
import SyncHistory
import SyncModel

/// Which commits a listing of the history takes.
struct HistoryOptions: ParsableArguments {
    @Option(help: "Only commits since this time.")
    var since: String?

    @Option(help: "Only commits until this time.")
    var until: String?

    @Option(help: "Only commits of this device.")
    var device: String?

    @Option(help: "Only commits of this agent.")
    var agent: String?

    @Option(help: "Only commits whose message contains this text, verbatim.")
    var grep: String?

    /// The filter that they make.
    /// - Throws: `ValidationError` for a time that is none.
    func filter() throws -> HistoryFilter {
        let now = SystemClock().now()
        var filter = HistoryFilter(now: now)
        filter.since = try time(since, "--since", now, RevisionOrTime.time)
        filter.until = try time(until, "--until", now, RevisionOrTime.end)
        filter.device = device
        filter.agent = agent
        filter.text = grep
        return filter
    }

    private func time(
        _ text: String?, _ option: String, _ now: Timestamp,
        _ meant: (String, Timestamp) throws -> Int64?
    ) throws -> Int64? {
        guard let text else { return nil }
        do {
            if let time = try meant(text, now) { return time }
        } catch { throw ValidationError("\(option) \(error)") }
        throw ValidationError(
            "\(option) '\(text)': a time is 2026-02-08T17:45:00Z, '2h ago' or 'yesterday'")
    }

    /// Who made a commit, as a listing says it.
    static func who(_ device: String, _ agent: String?) -> String {
        agent.map { "\(device) (\($0))" } ?? device
    }
}
