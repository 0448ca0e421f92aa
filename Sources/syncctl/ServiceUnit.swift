import SyncModel

/// The user unit of one vault, as systemd reads it. `packaging/syncd.service` is its text for the
/// default vault and place, and a test keeps the two the same.
struct ServiceUnit {
    /// The unit's name: `syncd.service`, or `syncd-NAME.service` for a vault of another name.
    let name: String
    /// All of the file.
    let text: String
    /// Where the vault's files are elsewhere than in the usual places, and what to call them.
    static let placeVariables = ["XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"]

    /// - Parameters:
    ///   - vault: the vault's name.
    ///   - program: absolute path of `syncd`, or one that begins with `%h`.
    ///   - configuration: absolute path of the configuration; nil for the default place.
    ///   - variables: what the service is to find in its environment.
    init(
        vault: String = "default", program: String, configuration: String? = nil,
        variables: [String: String] = [:]
    ) {
        name = vault == "default" ? "syncd.service" : "syncd-\(vault).service"
        var command = Self.word(program) + " run"
        if let configuration { command += " --config " + Self.word(configuration) }
        let settings = variables.sorted { $0.key < $1.key }.map { key, value in
            "Environment=" + Self.word("\(key)=\(value)", inCommand: false) + "\n"
        }
        text = Self.head + settings.joined() + "ExecStart=\(command)\n" + Self.tail
    }

    /// A word of a command line or of `Environment=`: what systemd would expand stands for itself,
    /// but for `%h` at the beginning.
    /// - Parameter inCommand: whether `$` begins a variable, as it does in a command line alone.
    ///   Source: systemd.service(5), "Command lines"; systemd.exec(5), `Environment=`.
    static func word(_ text: String, inCommand: Bool = true) -> String {
        let start = text.hasPrefix("%h/") ? "%h" : ""
        var result = ""
        for character in text.dropFirst(start.count) {
            switch character {
            case "%": result += "%%"
            case "$" where inCommand: result += "$$"
            case "\\", "\"": result += "\\\(character)"
            default: result.append(character)
            }
        }
        let isPlain = !result.contains { $0 == " " || $0 == "'" || $0 == "\\" || $0 == "\"" }
        return isPlain ? start + result : "\"\(start)\(result)\""
    }

    private static let head = """
        [Unit]
        Description=Keep directories the same on every machine through git
        StartLimitIntervalSec=300
        StartLimitBurst=5

        [Service]
        # Ready once the vault is open and each folder was looked at.
        Type=notify

        """

    private static let tail = """
        ExecReload=/bin/kill -HUP $MAINPID
        Restart=on-failure
        RestartSec=5
        # Wrong usage and wrong configuration do not mend themselves.
        RestartPreventExitStatus=64 78
        # The daemon finishes its step within 5 s of SIGTERM.
        TimeoutStopSec=15
        # Fed while the engine gets on: one that hangs is ended and started anew.
        WatchdogSec=300
        Nice=5
        UMask=0077

        # What it may not do. It reads and writes folders and repositories wherever the user may,
        # talks to remotes, and starts ssh, git, gpg and hooks, which are under the same rules.
        \(hardening)

        [Install]
        WantedBy=default.target

        """

    /// A user's service manager may set most of this up in a user namespace alone, which
    /// `PrivateUsers=` makes: without capabilities it shows the files of other users as nobody's.
    private static let hardening = """
        NoNewPrivileges=yes
        PrivateUsers=yes
        CapabilityBoundingSet=
        ProtectSystem=full
        PrivateDevices=yes
        PrivateMounts=yes
        ProtectKernelTunables=yes
        ProtectKernelModules=yes
        ProtectKernelLogs=yes
        ProtectControlGroups=yes
        ProtectClock=yes
        ProtectHostname=yes
        ProtectProc=invisible
        RestrictNamespaces=yes
        RestrictRealtime=yes
        RestrictSUIDSGID=yes
        RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
        LockPersonality=yes
        KeyringMode=private
        SystemCallArchitectures=native
        SystemCallFilter=@system-service
        SystemCallFilter=~@privileged
        SystemCallErrorNumber=EPERM
        """

    /// For a machine on which a user may make no user namespace: what needs one is taken back, so
    /// that the service starts. Goes beside the unit, as `no-namespaces.conf`.
    static let withoutNamespaces = """
        # Written by 'syncctl service install': this system lets no user make a user namespace,
        # which these settings need. The others of the unit hold.
        [Service]
        PrivateUsers=no
        CapabilityBoundingSet=~
        ProtectSystem=no
        PrivateDevices=no
        PrivateMounts=no
        ProtectKernelTunables=no
        ProtectKernelModules=no
        ProtectKernelLogs=no
        ProtectControlGroups=no
        ProtectClock=no
        ProtectHostname=no
        ProtectProc=default

        """
}
