package import SyncModel

/// The text of a new `config.toml`.
package enum ConfigurationText {
    /// Writes what `syncctl init` was told, with a word on every key for a newcomer. Loading the
    /// text gives these values back.
    /// - Parameters:
    ///   - device: nil is the host name, whatever it will be.
    ///   - repository: nil is the default place.
    ///   - remote: nil is local history only.
    ///   - folders: with absolute paths or such that begin with `~/`.
    ///   - auth: where a token comes from.
    package static func render(
        vault: String = "default", device: String? = nil, repository: String? = nil,
        branch: String = "sync", remote: String? = nil, folders: [Configuration.Folder],
        auth: Configuration.Auth = .init()
    ) -> String {
        """
        # One vault of syncd on this device. 'syncctl reload' takes changes over; a mistake is
        # named with its line and changes nothing.
        # Every key and its default: docs/reference/configuration.md

        vault = \(quoted(vault))

        [device]
        # The author of this device's commits and the label of its side in conflicts.
        \(line("name", device, example: "laptop", "default: the host name"))

        [repository]
        # The history: a bare git repository outside every folder.
        \(line("path", repository, example: "~/.local/share/syncd/\(vault).git", "the default"))
        branch = \(quoted(branch))
        # Any git URL or path. Without one the history stays on this device.
        \(line("remote", remote, example: "https://github.com/me/notes.git", nil))

        # Each [[folder]] is a local directory and where its files stand in the repository.
        \(folders.map(folder).joined(separator: "\n\n"))

        [sync]
        # quiet       = "300ms"   # a batch closes after this long without an event
        # max_wait    = "5s"      # ... and at the latest after this long
        # poll        = "30s"     # how often to look at the remote
        # pushes      = 6         # the most pushes to a server in a minute, as GitHub asks for
        # full_scan   = "15m"     # how often to look at every file, should an event be lost
        # max_deletes = "50%"     # a batch that would delete more of a folder stops and asks
        # timeout     = "30s"     # how long a server may say nothing before it is tried again

        [commit]
        # Signed as git signs: "git" follows its configuration; "ssh", "openpgp" with signing_key.
        # sign        = "off"
        # signing_key = "~/.ssh/id_ed25519"
        # Takes in commits of others only with a signature that git here would trust.
        # require_signed = false
        # Of this commit and what it reaches no signature is asked for.
        # trusted = "(40 digits)"

        [auth]
        # The first that answers gives the token. A secret never stands in this file.
        \(line("token_env", auth.tokenEnvironment, example: "GITHUB_TOKEN", nil))
        \(line("token_file", auth.tokenFile, example: "~/.config/syncd/token", "mode 0600"))
        \(line("token_command", auth.tokenCommand, example: "pass show github", nil))
        # Or a GitHub App: its id, and its private key (mode 0600).
        # github_app = "123456"
        # github_app_key_file = "~/.config/syncd/app.pem"

        \(others)

        """
    }

    /// The tables of which `init` is told nothing.
    private static let others = """
        [http]
        # The dashboard, API and webhooks. "" switches TCP off.
        # listen = "127.0.0.1:8390"
        # webhook_secret_file = "~/.config/syncd/webhook-secret"
        # Names under which it may be asked, beside addresses and localhost.
        # hosts = ["box.example"]
        # For TLS, which an address that others reach needs, unless a proxy stands before it.
        # certificate = "/etc/ssl/box.example/fullchain.pem"
        # key = "/etc/ssl/box.example/key.pem"
        # behind_proxy = ["127.0.0.1"]

        [history]
        # Of older days this device keeps the last version alone; the remote keeps all.
        # keep = "all"   # or "30d all, then daily"

        [upstream]
        # A daemon that can be reached, whose events tell this one when to look at the remote.
        # events = "https://box.example/api/sync/events"
        # token_file = "~/.config/syncd/upstream-token"   # mode 0600
        """

    private static func folder(_ folder: Configuration.Folder) -> String {
        let prefix = folder.prefix.map { quoted($0.text) }
        var lines = [
            "[[folder]]", "path   = \(quoted(folder.path))",
            prefix.map { "prefix = \($0)" } ?? "# without a prefix it is the whole repository",
        ]
        if folder.ignore.isEmpty {
            lines.append(
                "# ignore = [\"*.tmp\"]   # this device only; a .gitignore counts everywhere")
        } else {
            lines.append("ignore = [\(folder.ignore.map(quoted).joined(separator: ", "))]")
        }
        return lines.joined(separator: "\n")
    }

    private static func line(
        _ key: String, _ value: String?, example: String, _ note: String?
    ) -> String {
        if let value { return "\(key) = \(quoted(value))" }
        return "# \(key) = \(quoted(example))" + (note.map { "   # \($0)" } ?? "")
    }

    private static func quoted(_ text: String) -> String { ConfigurationReader.quoted(text) }
}
