import FoundationEssentials
import SyncConfiguration
import SyncEngine
import SyncHTTP
import SyncModel

/// Asks the daemon of one vault.
struct DaemonClient {
    /// The vault's configuration; nil when the file has mistakes by now.
    let configuration: Configuration?
    let socket: String
    private let client: SocketClient

    private init(_ socket: String, _ configuration: Configuration?) {
        self.socket = socket
        self.configuration = configuration
        client = SocketClient(socket: socket)
    }

    /// Reads the configuration. When it has mistakes, a daemon that began with the same file
    /// before it had them goes on, and is asked.
    init(_ options: CommonOptions) throws {
        do {
            let configuration = try options.load()
            self.init(Self.socket(of: configuration), configuration)
        } catch let error as ConfigurationError {
            let socket = Machine().socket(vault: Self.vaultName(in: options.file))
            self.init(socket, nil)
            let health: HealthAnswer? = try askIfRunning("GET", "/health", accepting: [503])
            guard health?.configuration == options.file else { throw error }
            Output.message("the daemon goes on with the configuration before these mistakes:")
            for problem in error.problems { Output.message(problem.description) }
        }
    }

    /// Where the vault's daemon listens: one that a system's service manager started has no
    /// runtime directory, and listens in the state directory.
    private static func socket(of configuration: Configuration) -> String {
        let other = configuration.stateDirectory + "/syncd.sock"
        let isThere = FileManager.default.fileExists(atPath:)
        return !isThere(configuration.socket) && isThere(other) ? other : configuration.socket
    }

    /// The vault's name as far as it can be read in a file with mistakes.
    private static func vaultName(in file: String) -> String {
        let text: String
        do {
            let bytes = try RegularFile.content(file, upTo: Limits.configurationBytes)
            text = String(decoding: bytes, as: UTF8.self)
        } catch { return "default" }
        for line in text.split(whereSeparator: \.isNewline) {
            let parts = line.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, parts[0].filter({ $0 != " " }) == "vault" else { continue }
            let name = parts[1].split(separator: "\"").dropFirst().first
            return name.map(String.init) ?? "default"
        }
        return "default"
    }

    /// What a problem's body says.
    private struct Problem: Decodable {
        let type: String?
        let detail: String
    }

    /// Makes one request and reads its answer.
    /// - Parameter accepting: statuses past 299 whose body is an answer too.
    /// - Throws: `Failure`: not running, no answer in time, or what the daemon refused.
    func ask<Answer: Decodable>(
        _ method: String, _ path: String, _ body: (any Encodable)? = nil,
        within deadline: Duration = Limits.answerWait, accepting: [Int] = []
    ) throws -> Answer {
        guard
            let answer: Answer = try askIfRunning(
                method, path, body, within: deadline, accepting: accepting)
        else {
            throw Failure.notRunning(socket)
        }
        return answer
    }

    /// Makes one request whose answer says nothing but that it is done.
    func tell(_ method: String, _ path: String) throws {
        guard try exchange(method, path, nil, within: Limits.answerWait, accepting: []) != nil
        else { throw Failure.notRunning(socket) }
    }

    /// Reads what is no JSON.
    func read(_ path: String) throws -> [UInt8] {
        guard let bytes = try exchange("GET", path, nil, within: Limits.answerWait, accepting: [])
        else { throw Failure.notRunning(socket) }
        return bytes
    }

    /// Follows the daemon's events until who follows wants no more. A daemon that starts anew is
    /// followed again.
    /// - Parameter take: given each event; false ends it.
    /// - Throws: `Failure`: not running, or not any more; what the daemon refused.
    func follow(_ take: @escaping (ServerEvent) -> Bool) async throws {
        let clock = ContinuousClock()
        var last: String?
        // Who was never followed is not waited for.
        var deadline = clock.now
        while true {
            var isBegun = false
            let failure: any Error
            do {
                let wantsMore = try followOnce(after: last) { events in
                    isBegun = true
                    last = events.last?.id ?? last
                    return events.allSatisfy(take)
                }
                if !wantsMore { return }
                failure = Failure.notRunning(socket)
            } catch { failure = error }
            if isBegun { deadline = clock.now + Limits.restartWait }
            if clock.now >= deadline { throw failure }
            try await clock.sleep(for: .milliseconds(100))
        }
    }

    /// Follows the daemon's events until one of the two ends it.
    /// - Parameters:
    ///   - last: the id of the last event that is known; nil for who is new.
    ///   - take: given the events of each piece that comes; false ends it.
    /// - Returns: whether it was the daemon, and more was wanted.
    func followOnce(after last: String? = nil, _ take: @escaping ([ServerEvent]) -> Bool) throws
        -> Bool
    {
        var reader = EventStreamReader()
        var wantsMore = true
        guard try isAlive() else { throw Failure.notRunning(socket) }
        let response: HTTPResponse
        do {
            response = try client.follow("/api/sync/events", after: last) { piece in
                wantsMore = reader.take(piece).map(take) ?? false
                return wantsMore
            }
        } catch {
            if error.code == .unreachable { throw Failure.notRunning(socket) }
            throw Failure(Exit.failed, "the daemon's events end: \(error)")
        }
        if !(200..<300).contains(response.status) { throw Self.refusal(response) }
        return wantsMore
    }

    /// The same; nil when nobody listens.
    func askIfRunning<Answer: Decodable>(
        _ method: String, _ path: String, _ body: (any Encodable)? = nil,
        within deadline: Duration = Limits.answerWait, accepting: [Int] = []
    ) throws -> Answer? {
        guard
            let bytes = try exchange(method, path, body, within: deadline, accepting: accepting)
        else { return nil }
        return try JSONDecoder().decode(Answer.self, from: Data(bytes))
    }

    /// Whether a daemon answers anything. One that was stopped, or hangs, still has its socket:
    /// what may take long would be waited for in vain.
    /// - Returns: false when nobody listens.
    private func isAlive() throws -> Bool {
        do {
            _ = try client.send("GET", "/health", deadline: Limits.livenessWait)
            return true
        } catch {
            if error.code == .unreachable { return false }
            throw Failure(Exit.failed, "the daemon does not answer: \(error)")
        }
    }

    /// A text as the value of a query. Source: RFC 3986, section 2.
    static func encoded(_ text: String) -> String {
        text.utf8.map { byte in
            let isPlain = byte == 0x2f || byte < 0x80 && Character(UnicodeScalar(byte)).isLetter
            return isPlain || (0x30...0x39).contains(byte)
                ? String(UnicodeScalar(byte))
                : "%" + String(UInt16(0x100) + UInt16(byte), radix: 16).dropFirst()
        }.joined()
    }

    /// Makes one request.
    /// - Returns: the answer's body; nil when nobody listens.
    private func exchange(
        _ method: String, _ path: String, _ body: (any Encodable)?, within deadline: Duration,
        accepting: [Int]
    ) throws -> [UInt8]? {
        if deadline > Limits.livenessWait, try !isAlive() { return nil }
        let bytes = try body.map { Array(try JSONEncoder().encode($0)) }
        let response: HTTPResponse
        do {
            response = try client.send(method, path, body: bytes, deadline: deadline)
        } catch {
            if error.code == .unreachable { return nil }
            let isAsked = method != "GET" && error.code != .untrusted
            let later = !isAsked ? "" : "; it may still do it: syncctl status"
            throw Failure(Exit.failed, "the daemon does not answer: \(error)\(later)")
        }
        guard (200..<300).contains(response.status) || accepting.contains(response.status) else {
            throw Self.refusal(response)
        }
        return response.body
    }

    /// What an answer past 299 says.
    private static func refusal(_ response: HTTPResponse) -> Failure {
        let problem: Problem
        do { problem = try JSONDecoder().decode(Problem.self, from: Data(response.body)) } catch {
            return Failure(Exit.failed, "status \(response.status)")
        }
        let code =
            switch (response.status, problem.type) {
            case (422, _): Exit.configuration
            case (_, "urn:syncd:problem:authentication"): Exit.authentication
            default: Exit.failed
            }
        return Failure(code, problem.detail.split(separator: "\n").map(String.init))
    }

    /// Asks the daemon or, when there is none, works on the vault itself. A daemon that just
    /// starts, or starts anew, has the vault before it listens: it is asked again.
    /// - Parameters:
    ///   - ask: asks; nil when nobody listens.
    ///   - open: opens the vault; fails with `StateStoreError` `.locked` while a daemon has it.
    ///   - work: works without the daemon.
    func askOrOpen<Opened, Answer>(
        ask: () throws -> Answer?,
        open: (Configuration, _ wait: Duration) throws -> Opened,
        work: (Opened) async throws -> Answer
    ) async throws -> Answer {
        // Where much has to be looked at, or the machine is busy, a daemon starts for long, and a
        // command has the vault for long.
        let deadline = ContinuousClock.now + Limits.restartWait
        while true {
            if let answer = try ask() { return answer }
            guard let configuration else { throw Failure.notRunning(socket) }
            do {
                return try await work(try open(configuration, .milliseconds(100)))
            } catch let error as StateStoreError {
                guard error.code == .locked, ContinuousClock.now < deadline else { throw error }
            }
        }
    }

    /// The same for work over what the remote shows. That is asked before the vault is opened:
    /// whoever waits for a slow server must not keep a daemon from starting.
    func askOrOpen<Seen, Opened, Answer>(
        ask: () throws -> Answer?, look: (Configuration) async throws -> Seen,
        open: (Configuration, _ wait: Duration) throws -> Opened,
        work: (Opened, Seen) async throws -> Answer
    ) async throws -> Answer {
        if let answer = try ask() { return answer }
        guard let configuration else { throw Failure.notRunning(socket) }
        let seen = try await look(configuration)
        return try await askOrOpen(ask: ask, open: open, work: { try await work($0, seen) })
    }
}
