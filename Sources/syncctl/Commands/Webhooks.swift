import ArgumentParser
import SyncEngine
import SyncModel
import SyncRemote

/// `syncctl webhook`.
struct Webhook: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "webhook", abstract: "Manage the remote's webhook.",
        subcommands: [Install.self, Deliveries.self])

    /// `syncctl webhook install`.
    struct Install: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "install",
            abstract: "Create the webhook of a GitHub repository.",
            discussion: """
                Deliveries are signed with the first line of http.webhook_secret_file. The login \
                of [auth] needs permission to administer webhooks. An existing webhook for the \
                URL is left as it is.
                """)

        @OptionGroup var options: CommonOptions

        @Option(
            help: "Where to deliver (default: /api/sync/webhook at the first of http.hosts).")
        var url: String?

        func run() async throws {
            let configuration = try options.load()
            guard let remote = configuration.remote else {
                throw Failure(Exit.failed, "this vault has no remote")
            }
            let webhook = try GitHubWebhook(
                remote: remote, auth: configuration.auth, environment: Machine().environment)
            guard
                let url = url ?? configuration.http.publicURL.map({ "\($0)/api/sync/webhook" })
            else {
                throw Failure(
                    Exit.usage, "where to deliver? Give --url, or hosts in [http]")
            }
            guard url.hasPrefix("https://") || url.hasPrefix("http://") else {
                throw Failure(Exit.usage, "--url takes an http or https URL, found \(url)")
            }
            guard let file = configuration.http.webhookSecretFile,
                let secret = try SecretFile.lines(file, "webhook secret").first
            else {
                throw Failure(
                    Exit.configuration,
                    "webhook_secret_file in [http] names no secret: see docs/how-to/webhooks.md")
            }
            let installed = try await webhook.install(url, secret: secret)
            // The daemon asks for what is not delivered.
            try InstalledWebhook(installed, remote: remote, since: SystemClock().now())
                .write(configuration.stateDirectory)
            let output = Output(options)
            if options.json { return try output.json(installed) }
            output.remark(
                installed.isNew
                    ? "made webhook \(installed.id): \(url)"
                    : "webhook \(installed.id) delivers there already; it was left as it is")
        }
    }

    /// `syncctl webhook deliveries`.
    struct Deliveries: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "deliveries",
            abstract: "List the newest deliveries and their results.")

        @OptionGroup var options: CommonOptions

        @Option(help: "List at most this many, 1 to 1000.")
        var limit = 20

        func validate() throws {
            if !(1...Limits.deliveries).contains(limit) {
                throw ValidationError("--limit takes 1 to \(Limits.deliveries)")
            }
        }

        func run() throws {
            let deliveries: [Delivery] = try DaemonClient(options).ask(
                "GET", "/api/sync/deliveries?limit=\(limit)")
            let output = Output(options)
            if options.json { return try output.json(deliveries) }
            if deliveries.isEmpty { return output.remark("nothing was delivered yet") }
            for delivery in deliveries {
                let reason = delivery.reason.map { "  \($0)" } ?? ""
                let what = delivery.ref ?? ""
                output.line(
                    "\(delivery.received)  \(delivery.provider) \(delivery.event)  \(what)  "
                        + "\(delivery.result.rawValue)\(reason)")
            }
        }
    }
}
