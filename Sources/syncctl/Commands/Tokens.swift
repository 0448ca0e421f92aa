import ArgumentParser
import SyncConfiguration
import SyncEngine
import SyncModel

/// `syncctl token`.
struct Token: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Create, list and revoke tokens for scripts and agents.",
        subcommands: [Create.self, List.self, Revoke.self])

    /// `syncctl token create`.
    struct Create: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "create",
            abstract: "Create a token and print it; it is never shown again.",
            discussion: """
                Send it as 'Authorization: Bearer TOKEN'. Commits of what is written with it \
                carry its name in the trailer Sync-Agent.
                """)

        @OptionGroup var options: CommonOptions

        @Option(help: "The agent's name: letters, digits, '.', '_' and '-'.")
        var name: String

        @Option(help: "Its scope: read, write (may also change files), admin (everything).")
        var scope: AccessScope = .read

        @Option(help: "How long it is valid, such as 30d or 12h (default: until revoked).")
        var expires: String?

        func validate() throws {
            if !AccessToken.isName(name) {
                throw ValidationError(
                    "--name takes 1 to 64 letters, digits, '.', '_' and '-'")
            }
            if let expires, Self.seconds(expires) == nil {
                throw ValidationError("--expires takes a duration such as 30d or 12h")
            }
        }

        func run() throws {
            let request = TokenRequest(
                name: name, scope: scope, expiresIn: expires.flatMap(Self.seconds))
            let created: CreatedToken = try DaemonClient(options).ask(
                "POST", "/api/sync/tokens", request)
            let output = Output(options)
            if options.json { return try output.json(created) }
            output.line(created.secret)
        }

        /// Seconds of a duration, days too; nil for what is none.
        static func seconds(_ text: String) -> Int? {
            if text.hasSuffix("d") {
                guard let days = Int(text.dropLast()), (1...36_500).contains(days) else {
                    return nil
                }
                return days * 86_400
            }
            guard let seconds = Value.duration(text)?.components.seconds, seconds > 0 else {
                return nil
            }
            return Int(seconds)
        }
    }

    /// `syncctl token list`.
    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List tokens by name.")

        @OptionGroup var options: CommonOptions

        func run() throws {
            let tokens: [AccessToken] = try DaemonClient(options).ask("GET", "/api/sync/tokens")
            let output = Output(options)
            if options.json { return try output.json(tokens) }
            if tokens.isEmpty { return output.remark("there are no tokens") }
            for token in tokens {
                let end = token.expires.map { "until \($0)" } ?? "until it is revoked"
                output.line("\(token.name)  \(token.scope.rawValue)  \(end)")
            }
        }
    }

    /// `syncctl token revoke`.
    struct Revoke: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "revoke",
            abstract: "Revoke a token: it stops working at once.")

        @OptionGroup var options: CommonOptions

        @Argument(help: "The token's name.")
        var name: String

        /// What `--json` says of it.
        private struct Revoked: Encodable { let name: String }

        func run() throws {
            guard AccessToken.isName(name) else {
                throw Failure(Exit.failed, "there is no token \(name)")
            }
            try DaemonClient(options).tell("DELETE", "/api/sync/tokens/\(name)")
            let output = Output(options)
            if options.json { return try output.json(Revoked(name: name)) }
            output.remark("revoked \(name)")
        }
    }
}

extension AccessScope: ExpressibleByArgument {}
