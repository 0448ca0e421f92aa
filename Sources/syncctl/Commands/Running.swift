import ArgumentParser
import SyncEngine
import SyncModel

/// `syncctl pause`.
struct Pause: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause",
        abstract: "Stop syncing until 'resume', across restarts.")

    @OptionGroup var options: CommonOptions

    func run() throws {
        let status: VaultStatus = try DaemonClient(options).ask(
            "POST", "/api/sync/pause", within: Limits.cycleWait)
        let output = Output(options)
        if options.json { try output.json(status) }
        output.remark("paused; syncctl resume takes it up again")
    }
}

/// `syncctl resume`.
struct Resume: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Resume syncing.")

    @OptionGroup var options: CommonOptions

    func run() throws {
        let status: VaultStatus = try DaemonClient(options).ask(
            "POST", "/api/sync/resume", within: Limits.cycleWait)
        let output = Output(options)
        if options.json { try output.json(status) }
        output.remark("resumed")
    }
}

/// `syncctl reload`.
struct Reload: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reload",
        abstract: "Make the daemon reload its configuration.",
        discussion: "If the file has mistakes, the running configuration stays (exit code 78).")

    @OptionGroup var options: CommonOptions

    func run() async throws {
        _ = try options.load()
        let client = try DaemonClient(options)
        let found: HealthAnswer? = try client.askIfRunning("GET", "/health", accepting: [503])
        guard let before = found else {
            throw Failure(
                Exit.notRunning,
                Failure.notRunning(client.socket).lines + [
                    "where the configuration gave 'vault' another name, the daemon listens under "
                        + "the name before: systemctl --user reload syncd, or kill -HUP it"
                ])
        }
        let reloaded: ReloadAnswer = try client.ask("POST", "/api/sync/reload")
        let output = Output(options)
        if options.json { try output.json(reloaded) }
        if reloaded.result == .restarting {
            try await waitForNext(after: before, client)
        }
        output.remark(reloaded.result == .unchanged ? "nothing changed" : "reloaded")
    }

    /// Waits until the daemon that begins anew answers.
    private func waitForNext(after before: HealthAnswer, _ client: DaemonClient) async throws {
        let clock = ContinuousClock()
        let deadline = clock.now + Limits.restartWait
        while clock.now < deadline {
            do {
                let now: HealthAnswer? = try client.askIfRunning(
                    "GET", "/health", accepting: [503])
                if let now, now.instance != before.instance { return }
            } catch is Failure {
                // The one before is about to end.
            }
            try await clock.sleep(for: .milliseconds(20))
        }
        throw Failure(Exit.failed, "the daemon does not answer after the reload: see its log")
    }
}
