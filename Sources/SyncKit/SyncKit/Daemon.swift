internal import Glibc
internal import Logging
internal import ServiceLifecycle
internal import SyncAPI
internal import SyncConfiguration
internal import SyncEngine
internal import SyncModel
internal import SyncStore
internal import UnixSignals

/// The daemon: a vault at work with its control socket, from a configuration that may be changed
/// while it runs.
package actor Daemon {
    /// Why it ended.
    package enum End: Sendable {
        /// SIGTERM, or the work ended by itself.
        case asked
        /// SIGINT.
        case interrupted
    }

    /// The configuration file, absolute.
    private let file: String
    private let machine: Machine
    private let notifier: ServiceNotifier
    private let inherited: InheritedSocket?
    /// What was served last.
    private var running: Configuration
    /// What the user wants: it is served, being opened, or next.
    private var wanted: Configuration
    /// The configuration to go on with after the services ended; nil ends the daemon.
    private var next: Configuration?
    private var group: ServiceGroup?
    private var service: VaultService?
    private var end: End?
    /// Whether services ran before: what goes wrong from then on ends nothing.
    private var hasServed = false

    /// Why it did not do what it was asked to, in words for the user.
    package struct Failure: Error, Sendable {
        /// Whether it is the configuration that has to be mended.
        package let isConfiguration: Bool
        /// Whether the remote refuses the login, or none was found.
        package private(set) var isRefused = false
        /// What is wrong, one thing each.
        package let lines: [String]

        init(_ error: any Error) {
            switch error {
            case let error as ConfigurationError:
                isConfiguration = true
                lines = error.problems.map(\.description)
            case let error as StateStoreError where error.code == .locked:
                isConfiguration = false
                lines = [
                    error.cause.replacing(" runs this vault", with: " already runs this vault")
                ]
            default:
                isConfiguration = false
                lines = [SyncFailure(error).text]
            }
        }

        init(_ unfinished: [String], isRefused: Bool) {
            self.isRefused = isRefused
            isConfiguration = false
            lines = unfinished
        }
    }

    /// The program's version.
    package static let version = Version.text

    /// Reads the configuration.
    /// - Parameter option: the file; nil is `SYNCD_CONFIG`, then the default place.
    /// - Throws: `Failure` with everything that is wrong with the file.
    package init(configuration option: String?) throws(Failure) {
        Machine.forbidCoreDumps()
        Machine.keepOwnersRights()
        do { try Machine.openManyFiles(atLeast: Machine.fewestDaemonFiles) } catch {
            throw Failure(error)
        }
        FreeMemory.holdLittle()
        machine = Machine()
        notifier = ServiceNotifier(machine.environment)
        inherited = InheritedSocket(machine.environment)
        file = machine.configurationFile(option)
        do { running = try machine.load(file) } catch { throw Failure(error) }
        wanted = running
    }

    /// Makes one whole cycle and ends.
    /// - Returns: how many conflicts are open, and what a person should know.
    /// - Throws: `Failure` when the vault is not in sync after it.
    package func once() async throws(Failure) -> (conflicts: Int, notices: [String]) {
        let service: VaultService
        do {
            service = try await open(running, log(running))
        } catch { throw Failure(error) }
        let outcome = await service.sync()
        let status = service.board.status
        guard outcome == .inSync else {
            throw Failure(status.unfinished, isRefused: await service.isRefused)
        }
        return (status.conflicts, status.notices)
    }

    /// Syncs until a signal ends it.
    /// - Throws: `Failure` when the vault or its control socket cannot be opened.
    package func run() async throws(Failure) -> End {
        do { return try await work() } catch { throw Failure(error) }
    }

    private func work() async throws -> End {
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
        let ends = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        let ender = Task {
            for await signal in ends {
                // First: whatever keeps the daemon busy, a reload from a slow disk too.
                Self.endInTime(signal == .sigint ? 130 : 0)
                await self.end(on: signal)
            }
        }
        let reloads = await UnixSignalsSequence(trapping: .sighup)
        let reloader = Task { for await _ in reloads { await self.reloadForSignal() } }
        defer {
            ender.cancel()
            reloader.cancel()
        }
        try await serve(running)
        while end == nil, let changed = next {
            next = nil
            if changed == running {
                try await serve(changed)
                continue
            }
            let before = running
            do { try await serve(changed) } catch {
                log(before).error(
                    "the changed configuration cannot be used, the one before goes on: \(error)")
                running = before
                wanted = next ?? before
                try await serve(before)
            }
        }
        return end ?? .asked
    }

    /// Runs the services of one configuration to their end.
    private func serve(_ configuration: Configuration) async throws {
        let log = log(configuration)
        let service: VaultService
        do { service = try await open(configuration, log) } catch is CancellationError { return }
        let store = try ServiceStore(configuration.stateDirectory + "/service.db")
        if let damaged = store.damaged {
            let words =
                "what the daemon kept of tokens and logins was damaged and is in \(damaged): none "
                + "of them is known any more: syncctl token create"
            service.board.warn(words, of: .serviceStore)
            log.error("\(words)")
        }
        let routes = try SyncRoutes(service, store, file: file, log: log) { [weak self] in
            await self?.reload() ?? .unchanged
        }
        let services: [any Service] =
            [
                service,
                ControlServer(configuration.socket, routes, isAgain: hasServed, log: log),
            ] + listeners(configuration, routes, service, log)
            // The last ends first: no listener waits for a stream then.
            + [routes.streams]
        var quiet = log
        quiet.logLevel = .warning
        let group = ServiceGroup(
            configuration: .init(
                services: services.map {
                    .init(
                        service: $0, successTerminationBehavior: .gracefullyShutdownGroup,
                        failureTerminationBehavior: .gracefullyShutdownGroup)
                }, logger: quiet))
        // The configuration may have changed while the vault was waited for.
        if end != nil || next != nil { return }
        (self.group, self.service) = (group, service)
        defer { (self.group, self.service) = (nil, nil) }
        running = configuration
        log.info("started: vault \(configuration.vault), device \(configuration.device)")
        let notifier = notifier
        let telling = Task { await notifier.follow(service) }
        defer { telling.cancel() }
        hasServed = true
        try await group.run()
        if end == nil && next == nil {
            // What asks it to end says so in one of the two.
            log.warning(
                "the repository or the state directory was moved away or removed: starting anew")
            next = configuration
        }
        log.info("stopped")
    }

    /// What runs beside the vault because the configuration asks for it.
    private func listeners(
        _ configuration: Configuration, _ routes: SyncRoutes, _ service: VaultService, _ log: Logger
    ) -> [any Service] {
        var services: [any Service] = []
        if !configuration.http.listen.isEmpty {
            services.append(
                NetworkServer(
                    configuration.http, routes, at: inherited, service.board, log: log))
            services.append(routes.deliveries)
        }
        if let upstream = configuration.upstream {
            services.append(UpstreamFollower(upstream, service, machine.environment, log: log))
        }
        return services
    }

    /// Opens the vault. A command that has it gives it back and is waited for; a daemon is not.
    /// - Throws: `CancellationError` when it is to end meanwhile, or to start anew.
    private func open(_ configuration: Configuration, _ log: Logger) async throws -> VaultService {
        var isSaid = false
        while end == nil && next == nil {
            do {
                return try VaultService(configuration, log: log, waiting: Limits.lockWait)
            } catch let error as StateStoreError
                where error.code == .locked && VaultService.isHeldInPassing(configuration)
            {
                if !isSaid { log.info("syncctl has the vault: waiting for it") }
                isSaid = true
                // For a signal to be taken.
                await Task.yield()
            }
        }
        throw CancellationError()
    }

    private func log(_ configuration: Configuration) -> Logger {
        Logger(label: "syncd") { _ in ReadableLog(file: configuration.stateDirectory + "/log") }
    }

    private func reloadForSignal() {
        switch reload() {
        case .unchanged: log(running).info("reload: nothing changed")
        case .restarting, .refused: break
        }
    }

    private func end(on signal: UnixSignal) async {
        end = signal == .sigint ? .interrupted : .asked
        notifier.stopping()
        // First: while one is asked about a capture, the vault answers nobody.
        service?.hooks.endRuns()
        await service?.cancelWaiters()
        await group?.triggerGracefulShutdown()
    }

    /// Ends the process when a step takes too long to finish: whatever is under way is taken up
    /// at the next start.
    private static func endInTime(_ code: Int32) {
        Task.detached {
            // A deadline, not a wait for luck: it ends a process that does not end by itself.
            let clock = ContinuousClock()
            try await clock.sleep(for: Limits.shutdownWait)
            _exit(code)
        }
    }

    /// Reads the configuration again, and starts anew with it when it changed.
    private func reload() -> SyncRoutes.Reload {
        notifier.reloading()
        do {
            let read = try machine.load(file)
            if read == wanted {
                // It is on its way, and not there yet.
                if read != running { return .restarting }
                notifier.reloaded()
                return .unchanged
            }
            log(running).info("the configuration changed: starting anew")
            (next, wanted) = (read, read)
            let (group, service) = (group, service)
            service?.hooks.endRuns()
            Task {
                await service?.cancelWaiters()
                await group?.triggerGracefulShutdown()
            }
            return .restarting
        } catch {
            log(running).error("the configuration has mistakes, the running one stays: \(error)")
            notifier.reloaded()
            return .refused("\(error)")
        }
    }
}
