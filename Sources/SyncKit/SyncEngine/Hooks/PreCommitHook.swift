internal import FoundationEssentials
internal import Logging
internal import SyncModel
internal import SyncRemote

/// The hook `pre-commit`. What it holds back waits; when it cannot be asked, all waits that it
/// was to be asked about, because it may be there to keep a secret from going out.
struct PreCommitHook: CaptureHook {
    private let configuration: Configuration
    private let environment: [String: String]
    private let log: Logger
    /// Ends it with the daemon: nothing passes then.
    private let stopper: HookProgram.Stop

    /// What it writes to hold paths back.
    private struct Answer: Decodable {
        struct Held: Decodable {
            let path: String
            let words: String?
        }

        let hold: [Held]
    }

    init(
        _ configuration: Configuration, environment: [String: String], log: Logger,
        until stopper: HookProgram.Stop
    ) {
        self.configuration = configuration
        self.environment = environment
        self.log = log
        self.stopper = stopper
    }

    var isThere: Bool {
        if case .nothing = HookName.preCommit.find(configuration) { return false }
        return true
    }

    func held(_ changes: [CapturedChange]) -> [TreePath: String] {
        var result: [TreePath: String] = [:]
        var rest = changes[...]
        while !rest.isEmpty {
            let some = rest.prefix(Limits.hookPaths)
            rest = rest.dropFirst(some.count)
            result.merge(ask(Array(some))) { $1 }
        }
        return result
    }

    private func ask(_ changes: [CapturedChange]) -> [TreePath: String] {
        let name = HookName.preCommit.rawValue
        func all(_ words: String) -> [TreePath: String] {
            log.warning("\(name) was not passed: \(words)")
            return Dictionary(
                changes.map { ($0.change.path, "\(name): \(words)") }, uniquingKeysWith: { $1 })
        }
        do {
            guard case .program(let program) = HookName.preCommit.find(configuration) else {
                if case .refused(let words) = HookName.preCommit.find(configuration) {
                    return all(words)
                }
                return [:]
            }
            var input = HookInput(.preCommit, configuration, at: SystemClock().now())
            input.changes = changes.map { change in
                let root = configuration.folders.first { $0.prefix == change.folder }?.path ?? ""
                return HookInput.Change(change.change, file: "\(root)/\(change.local.text)")
            }
            let outcome = try program.run(
                input.encoded(),
                environment: HookEnvironment.of(.preCommit, configuration, from: environment),
                within: Limits.preCommitWait, stopper)
            guard outcome.code == 0 else {
                let end = outcome.code.map { "it ended with \($0)" } ?? "it was ended"
                let said = outcome.words.isEmpty ? outcome.lines(atMost: 1).first : outcome.words
                return all(Self.cut(said ?? end))
            }
            if !outcome.words.isEmpty { log.info("\(name): \(outcome.words)") }
            guard outcome.output.first(where: { $0 > 0x20 }) == UInt8(ascii: "{") else {
                for line in outcome.lines(atMost: Limits.hookLines) { log.info("\(name): \(line)") }
                return [:]
            }
            return try answer(outcome.output, changes)
        } catch { return all(SyncFailure(error).message) }
    }

    /// What an answer holds back of what was asked.
    private func answer(_ output: [UInt8], _ changes: [CapturedChange]) throws
        -> [TreePath: String]
    {
        let answer: Answer
        do { answer = try JSONDecoder().decode(Answer.self, from: Data(output)) } catch {
            throw RemoteError(.corrupt, "read what pre-commit says", "it is no answer")
        }
        // Names that are not UTF-8 may look alike.
        let asked = Dictionary(grouping: changes.map(\.change.path), by: \.text)
        var result: [TreePath: String] = [:]
        for held in answer.hold {
            guard let paths = asked[held.path] else {
                let named = Self.cut(RemoteWords.clean(held.path.utf8))
                throw RemoteError(
                    .corrupt, "read what pre-commit says",
                    "it holds \(named) back, which it was not asked about: \"path\" is one of "
                        + "those that it was given")
            }
            let words = RemoteWords.clean((held.words ?? "").utf8)
            for path in paths {
                result[path] = Self.cut(words.isEmpty ? "it gives no reason" : words)
            }
        }
        return result
    }

    private static func cut(_ words: String) -> String {
        guard words.utf8.count > Limits.hookWordsBytes else { return words }
        return String(decoding: words.utf8.prefix(Limits.hookWordsBytes), as: UTF8.self) + " ..."
    }
}
