/// A vault's configuration, checked: every path is absolute, every value in its range.
package struct Configuration: Sendable, Equatable {
    /// A local directory and where its files stand in the repository.
    package struct Folder: Sendable, Equatable {
        /// Absolute path of the directory.
        package var path: String
        /// Where its files stand; nil is the top.
        package var prefix: FolderID
        /// Patterns in `.gitignore` form that hold on this device only.
        package var ignore: [String]

        package init(path: String, prefix: FolderID, ignore: [String] = []) {
            self.path = path
            self.prefix = prefix
            self.ignore = ignore
        }
    }

    /// How a batch closes and how often the safety nets run.
    package struct Sync: Sendable, Equatable {
        /// How long without an event until a batch closes: 1 ms to 10 min, at most `maxWait`.
        package var quiet: Duration = .milliseconds(300)
        /// The longest a batch stays open: 1 ms to 1 h. After it an open file is read as it stands.
        package var maxWait: Duration = .seconds(5)
        /// Between two looks at the remote: 100 ms to 24 h; longer for one behind a network that
        /// is quiet.
        package var poll: Duration = .seconds(30)
        /// The most pushes to a remote behind a network in `Limits.pushSpan`: 1 to 600.
        package var pushes = Limits.pushes
        /// Between two looks at every file: 1 s to 168 h.
        package var fullScan: Duration = .seconds(900)
        /// The longest time that the remote may be silent: 1 s to 10 min.
        package var timeout = Limits.stallWait
        /// The share of a folder's files, 0 to 100, that one batch may delete unasked.
        package var maxDeletesPercent = 50

        /// The defaults of docs/reference/configuration.md.
        package init() {}
    }

    /// Where a secret comes from; the first that answers wins. Never the secret itself.
    package struct Auth: Sendable, Equatable {
        /// The name of an environment variable that holds the token.
        package var tokenEnvironment: String?
        /// Absolute path of a file that holds the token.
        package var tokenFile: String?
        /// A shell command that prints the token.
        package var tokenCommand: String?
        /// A GitHub App's id or client id; with `githubAppKeyFile`.
        package var githubApp: String?
        /// Absolute path of the App's private key in PEM; with `githubApp`.
        package var githubAppKeyFile: String?

        /// No source at all.
        package init() {}
    }

    /// How this device's commits are made, and what is asked of those of others.
    package struct Commit: Sendable, Equatable {
        /// What signs them.
        package enum Sign: String, Sendable, CaseIterable {
            case off
            /// As the user's git configuration says: `gpg.format`, `user.signingkey`.
            case git
            case ssh, openpgp
        }

        /// What signs them.
        package var sign = Sign.off
        /// For ssh the path of a key or a public key itself, for OpenPGP what `gpg` takes for a
        /// key; nil is the git configuration's.
        package var signingKey: String?
        /// Whether commits of others come in only with a signature of a known key.
        package var requireSigned = false
        /// With `requireSigned`: what this commit reaches is not asked.
        package var trusted: ObjectID?

        /// Unsigned, and nothing is asked of others.
        package init() {}
    }

    /// The TCP listener.
    package struct HTTP: Sendable, Equatable {
        /// `host:port`, or empty for none.
        package var listen = "127.0.0.1:8390"
        /// Absolute path of a file with one secret a line, the current one first; nil for none.
        package var webhookSecretFile: String?
        /// Names beside addresses and `localhost` under which the daemon may be asked.
        package var hosts: [String] = []
        /// Absolute path of a certificate chain in PEM; with `key`. Nil is no TLS.
        package var certificate: String?
        /// Absolute path of the certificate's private key in PEM; with `certificate`.
        package var key: String?
        /// The proxies whose `X-Forwarded-*` headers are believed.
        package var behindProxy: [AddressRange] = []

        /// The defaults of docs/reference/configuration.md.
        package init() {}

        /// The host, without brackets, and the port to listen at; nil for no TCP.
        package var address: (host: String, port: Int)? { Self.address(listen) }

        /// Where others ask for the daemon: by the first of its names, at a proxy or at its own
        /// port; nil without a name.
        package var publicURL: String? {
            guard let name = hosts.first else { return nil }
            guard behindProxy.isEmpty, certificate != nil, let address, address.port != 443
            else { return "https://\(name)" }
            return "https://\(name):\(address.port)"
        }

        /// Where a browser asks for it, on this machine where others cannot; nil for no TCP.
        package var browserURL: String? {
            guard let address else { return nil }
            let isSecure = certificate != nil
            if isSecure || !behindProxy.isEmpty, let publicURL { return publicURL }
            var host = address.host
            if ["0.0.0.0", "::"].contains(host) { host = "127.0.0.1" }
            if host.contains(":") { host = "[\(host)]" }
            return "\(isSecure ? "https" : "http")://\(host):\(address.port)"
        }

        /// Takes `host:port` apart; an IPv6 address stands in brackets. Nil for another form.
        package static func address(_ listen: String) -> (host: String, port: Int)? {
            guard let colon = listen.lastIndex(of: ":"),
                let port = UInt16(listen[listen.index(after: colon)...])
            else { return nil }
            var host = listen[..<colon]
            if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
            return (String(host), Int(port))
        }
    }

    /// A daemon that can be reached and whose events this one follows.
    package struct Upstream: Sendable, Equatable {
        /// The URL of its event stream.
        package var events: String
        /// Absolute path of a file that holds a token of its; nil asks without one.
        package var tokenFile: String?

        package init(events: String, tokenFile: String? = nil) {
            self.events = events
            self.tokenFile = tokenFile
        }
    }

    /// Absolute path of the file that says all this; nil where none does.
    package var file: String?
    /// 1 to 64 letters, digits, `.`, `_` and `-`; part of default paths.
    package var vault = "default"
    /// One name of a git reference, at most 200 bytes; the author of this device's commits.
    package var device: String
    /// Absolute path of the bare repository.
    package var repository: String
    /// The synced branch, without `refs/heads/`.
    package var branch = "sync"
    /// Any git URL or path; nil is local history only.
    package var remote: String?
    /// 1 to `Limits.folders`, neither inside one another nor with overlapping prefixes.
    package var folders: [Folder]
    /// When to look and how much one batch may delete.
    package var sync = Sync()
    /// Where the remote's token comes from.
    package var auth = Auth()
    /// How this device's commits are made, and what is asked of those of others.
    package var commit = Commit()
    /// How much of the past this device keeps.
    package var keep = HistoryKeeping.all
    /// Where the daemon listens beside its control socket.
    package var http = HTTP()
    /// The daemon whose events tell that the remote changed; nil follows none.
    package var upstream: Upstream?
    /// Absolute path of the directory in which the user's hooks stand.
    package var hooksDirectory = "/nonexistent"
    /// Absolute path of the state directory.
    package var stateDirectory: String
    /// Absolute path of the control socket.
    package var socket: String

    package init(
        device: String, repository: String, folders: [Folder], stateDirectory: String,
        socket: String
    ) {
        self.device = device
        self.repository = repository
        self.folders = folders
        self.stateDirectory = stateDirectory
        self.socket = socket
    }
}
