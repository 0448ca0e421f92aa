import ArgumentParser
import FoundationEssentials
import Glibc
import SyncEngine
import SyncHTTP
import SyncModel

/// `syncctl events`.
struct Events: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events",
        abstract: "Print events as they happen, until interrupted.",
        discussion: "With --json one object a line: id, event, data.")

    @OptionGroup var options: CommonOptions

    func run() async throws {
        let output = Output(options)
        try await DaemonClient(options).follow { event in
            if options.json {
                let quote = JSONQuote()
                output.json(
                    "{\"id\":\(quote.quoted(event.id ?? "")),"
                        + "\"event\":\(quote.quoted(event.name)),\"data\":\(event.data)}")
            } else {
                output.line("\(event.name)  \(Self.words(event))")
            }
            return true
        }
    }

    /// What an event says, in a line for a person.
    static func words(_ event: ServerEvent) -> String {
        if event.name == "progress", let work = WorkProgress(event) {
            return ProgressText.line(work)
        }
        struct Words: Decodable {
            let state, subject, origin, commit, path, status, device, exchange, failure: String?
            let provider, result: String?
        }
        let words: Words
        do { words = try JSONDecoder().decode(Words.self, from: Data(event.data.utf8)) } catch {
            return event.data
        }
        let parts = [
            words.state, words.exchange.map { "exchange \($0)" }, words.failure, words.origin,
            words.commit.map { String($0.prefix(8)) }, words.subject, words.path,
            words.provider, words.result, words.device, words.state == nil ? words.status : nil,
        ]
        return parts.compactMap { $0 }.joined(separator: " ")
    }
}

/// `syncctl metrics`.
struct MetricsText: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "metrics", abstract: "Print the daemon's metrics in Prometheus text format.",
        discussion: "With --json an array: name, labels, value.")

    @OptionGroup var options: CommonOptions

    func run() throws {
        let text = try DaemonClient(options).read("/metrics")
        if !options.json { return Output.write(text) }
        let lines = String(decoding: text, as: UTF8.self).split(separator: "\n")
        try Output(options).json(lines.compactMap(Metric.init))
    }
}

/// `syncctl dashboard`.
struct Dashboard: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dashboard",
        abstract: "Print a link that logs one browser in, once, within five minutes.",
        discussion: "With --logout and --json how many sessions there are: none.")

    @OptionGroup var options: CommonOptions

    @Flag(help: "End the sessions of all browsers.")
    var logout = false

    /// The answer of `--logout --json`.
    private struct Left: Encodable { let sessions = 0 }

    func run() throws {
        let client = try DaemonClient(options)
        let output = Output(options)
        if logout {
            try client.tell("DELETE", "/api/sync/sessions")
            if options.json { return try output.json(Left()) }
            return output.remark("no browser is logged in any more")
        }
        let link: LoginLink = try client.ask("POST", "/api/sync/login-links")
        if options.json { return try output.json(link) }
        output.line(link.url)
    }
}
