internal import Logging
internal import SyncModel
internal import SyncRemote
internal import Synchronization

/// Runs the hooks that tell of what happened, one at a time, on a thread of its own: no cycle
/// waits for them. Of each at most one waits its turn; it is told how things stand when that
/// comes, so nothing is missed and nothing piles up.
package final class HookRunner: Sendable {
    private let configuration: Configuration
    private let environment: [String: String]
    private let log: Logger
    private let worker = Worker()
    /// Ends the one that runs.
    let stopper = HookProgram.Stop()
    private let due = Mutex<[HookName]>([])
    private let wakeups: (stream: AsyncStream<Void>, continuation: AsyncStream<Void>.Continuation)

    /// Where they run.
    private actor Worker {
        private let executor = QueueExecutor(label: "syncd.hooks")

        nonisolated var unownedExecutor: UnownedSerialExecutor {
            executor.asUnownedSerialExecutor()
        }

        func run(_ work: @Sendable () throws -> HookProgram.Outcome) throws -> HookProgram.Outcome {
            try work()
        }
    }

    init(_ configuration: Configuration, log: Logger) {
        self.configuration = configuration
        environment = Machine().environment
        self.log = log
        wakeups = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    /// Asks for a hook's turn; nothing waits for it.
    func add(_ hook: HookName) {
        let isNew = due.withLock { due in
            if due.contains(hook) { return false }
            due.append(hook)
            return true
        }
        if isNew { wakeups.continuation.yield() }
    }

    /// Ends the one that runs, and each that begins after it.
    package func endRuns() { stopper.now() }

    /// Ends the one that runs, and lets no further one begin.
    func stop() {
        endRuns()
        wakeups.continuation.finish()
    }

    /// Gives each its turn until the task is cancelled or this is stopped.
    func follow(_ service: VaultService) async {
        for await _ in wakeups.stream {
            while !Task.isCancelled,
                let hook = due.withLock({ $0.isEmpty ? nil : $0.removeFirst() })
            {
                await turn(of: hook, service)
            }
        }
    }

    private func turn(of hook: HookName, _ service: VaultService) async {
        switch hook.find(configuration) {
        case .nothing: return
        case .refused(let words): log.warning("\(hook.rawValue) is not run: \(words)")
        case .program(let program):
            do {
                guard let input = try await service.hookInput(hook) else { return }
                let bytes = try input.encoded()
                let variables = HookEnvironment.of(hook, configuration, from: environment)
                let stopper = stopper
                let outcome = try await worker.run {
                    try program.run(
                        bytes, environment: variables, within: Limits.hookWait, stopper)
                }
                say(outcome, of: hook)
                if outcome.code == 0 { await service.hookSucceeded(input) }
            } catch {
                log.warning("\(hook.rawValue): \(SyncFailure(error).text)")
            }
        }
    }

    private func say(_ outcome: HookProgram.Outcome, of hook: HookName) {
        for line in outcome.lines(atMost: Limits.hookLines) {
            log.info("\(hook.rawValue): \(line)")
        }
        if !outcome.words.isEmpty { log.info("\(hook.rawValue): \(outcome.words)") }
        if outcome.code != 0 {
            let end = outcome.code.map { "it ended with \($0)" } ?? "it was ended"
            log.warning("\(hook.rawValue): \(end)")
        }
    }
}
