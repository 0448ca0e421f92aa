package import SyncModel

extension Configuration {
    /// Reads and checks a configuration file.
    /// - Parameters:
    ///   - path: the file; nil is the default place.
    ///   - environment: the process's environment, for the XDG variables.
    ///   - hostName: the device's name when the file gives none.
    ///   - home: the user's home directory, absolute; what `~` stands for.
    ///   - remoteFault: says what is wrong with a remote that is no path; nil for nothing.
    /// - Throws: every mistake found in the file, in the order of its lines.
    package static func load(
        path: String?, environment: [String: String], hostName: String, home: String,
        remoteFault: (String) -> String? = { _ in nil }
    ) throws(ConfigurationError) -> Configuration {
        let defaults = DefaultPaths(environment: environment, home: home)
        let file = path ?? defaults.configuration
        let text = try ConfigurationFile(path: file).read()
        let document: TOMLNode
        do throws(TOMLNode.Failure) {
            document = try TOMLNode(parsing: text)
        } catch {
            throw ConfigurationError(problems: [
                .init(
                    file: file, line: error.line, column: error.column, key: nil,
                    message: error.message)
            ])
        }
        guard case .table(let top) = document else { preconditionFailure("a document is a table") }
        var reader = ConfigurationReader(file: file, text: text, paths: LocalPaths(home: home))
        let configuration = read(top, &reader, defaults, hostName)
        if let remote = configuration.remote, Value.isNetworkRemote(remote),
            let fault = remoteFault(remote)
        {
            reader.note(["repository", "remote"], fault)
        }
        guard reader.problems.isEmpty else { throw ConfigurationError(problems: reader.sorted) }
        return configuration
    }

    /// Takes all keys. What is wrong is noted in the reader and stands as its default, so that
    /// the rest can be checked too.
    private static func read(
        _ top: [String: TOMLNode], _ reader: inout ConfigurationReader, _ defaults: DefaultPaths,
        _ hostName: String
    ) -> Configuration {
        reader.checkKeys(top, [])
        let vault =
            reader.value(
                top, ["vault"],
                expected: "a name of up to 64 letters, digits, '.', '_' and '-' "
                    + "that begins with none of '.' and '-'"
            ) { Value.isVault($0) ? $0 : nil } ?? "default"
        var configuration = Configuration(
            device: readDevice(top, &reader, hostName),
            repository: defaults.repository(vault: vault), folders: readFolders(top, &reader),
            stateDirectory: defaults.state(vault: vault), socket: defaults.socket(vault: vault))
        configuration.file = reader.file
        configuration.vault = vault
        let directory = reader.file.lastIndex(of: "/").map { reader.file[..<$0] } ?? "."
        configuration.hooksDirectory = "\(directory)/hooks"
        configuration.readRepository(reader.table(top, "repository"), &reader)
        configuration.readSync(reader.table(top, "sync"), &reader)
        configuration.readCommit(reader.table(top, "commit"), &reader)
        configuration.readAuth(reader.table(top, "auth"), &reader)
        configuration.keep =
            reader.value(
                reader.table(top, "history"), ["history", "keep"],
                expected: "\"all\", or \"30d all, then daily\" with 1 to \(Limits.keptDays) days",
                HistoryKeeping.init) ?? configuration.keep
        configuration.readHTTP(reader.table(top, "http"), &reader)
        configuration.readUpstream(reader.table(top, "upstream"), &reader)
        configuration.checkPlaces(&reader)
        return configuration
    }

    private static func readDevice(
        _ top: [String: TOMLNode], _ reader: inout ConfigurationReader, _ hostName: String
    ) -> String {
        let table = reader.table(top, "device")
        let expected = "a name that git takes in a ref: no blanks, none of ~^:?*[\\/<>, no '..'"
        let isWritten = table["name"] != nil
        let name = reader.value(table, ["device", "name"], expected: expected) {
            Value.isDevice($0) ? $0 : nil
        }
        if !isWritten, !Value.isDevice(hostName) {
            let host = ConfigurationReader.quoted(hostName)
            reader.note(
                ["device", "name"], "the host name \(host) will not do: expected \(expected)")
        }
        return name ?? hostName
    }

    private mutating func readRepository(
        _ table: [String: TOMLNode], _ reader: inout ConfigurationReader
    ) {
        repository = reader.path(table, ["repository", "path"]) ?? repository
        branch =
            reader.value(
                table, ["repository", "branch"], expected: "a branch name that git takes"
            ) { Value.isBranch($0) ? $0 : nil } ?? branch
        let key = ["repository", "remote"]
        let expected = "a git URL, or a path that begins with / or ~/"
        guard let text = reader.string(table, key, expected: expected) else { return }
        if Value.holdsPassword(text) {
            reader.note(key, "expected a URL without a password: name its source in [auth]")
        } else if Value.isNetworkRemote(text), !text.hasPrefix("-") {
            remote = text
        } else if text.hasPrefix("/") || text.hasPrefix("~") {
            remote = reader.path(table, key)
        } else {
            reader.note(key, "expected \(expected), found \(ConfigurationReader.quoted(text))")
        }
    }

    private mutating func readSync(
        _ table: [String: TOMLNode], _ reader: inout ConfigurationReader
    ) {
        func key(_ name: String) -> [String] { ["sync", name] }
        sync.quiet =
            reader.duration(
                table, key("quiet"), .milliseconds(1) ... .seconds(600), "1ms to 10m") ?? sync.quiet
        sync.maxWait =
            reader.duration(
                table, key("max_wait"), .milliseconds(1) ... .seconds(3_600), "1ms to 1h")
            ?? sync.maxWait
        sync.poll =
            reader.duration(
                table, key("poll"), .milliseconds(100) ... .seconds(86_400), "100ms to 24h")
            ?? sync.poll
        sync.pushes = reader.number(table, key("pushes"), 1...600) ?? sync.pushes
        sync.fullScan =
            reader.duration(
                table, key("full_scan"), .seconds(1) ... .seconds(604_800), "1s to 168h")
            ?? sync.fullScan
        sync.timeout =
            reader.duration(
                table, key("timeout"), .seconds(1) ... .seconds(600), "1s to 10m") ?? sync.timeout
        sync.maxDeletesPercent =
            reader.value(
                table, key("max_deletes"), expected: "a share from \"0%\" to \"100%\"",
                Value.percent) ?? sync.maxDeletesPercent
        if sync.quiet > sync.maxWait {
            let name = table["quiet"] == nil ? "max_wait" : "quiet"
            let other = name == "quiet" ? "max_wait" : "quiet"
            let place = table[other] == nil ? "the default" : "in \(reader.line(key(other)))"
            reader.note(
                key(name), "expected quiet to be no longer than max_wait (\(other) is \(place))")
        }
    }

    private mutating func readCommit(
        _ table: [String: TOMLNode], _ reader: inout ConfigurationReader
    ) {
        commit.sign =
            reader.value(
                table, ["commit", "sign"],
                expected: "\"off\", \"git\", \"ssh\" or \"openpgp\"",
                Commit.Sign.init(rawValue:)) ?? commit.sign
        commit.requireSigned =
            reader.flag(table, ["commit", "require_signed"]) ?? commit.requireSigned
        commit.trusted = reader.value(
            table, ["commit", "trusted"], expected: "a commit's name in full, 40 digits of hex"
        ) { ObjectID(hex: $0) }
        let key = ["commit", "signing_key"]
        if commit.sign == .ssh, let text = reader.string(table, key),
            !text.hasPrefix("ssh-"), !text.hasPrefix("key::")
        {
            commit.signingKey = reader.path(table, key)
            return
        }
        commit.signingKey = reader.value(
            table, key, expected: "the name of a key, which begins with no dash"
        ) { $0.hasPrefix("-") || $0.allSatisfy(\.isWhitespace) ? nil : $0 }
    }

    private mutating func readAuth(
        _ table: [String: TOMLNode], _ reader: inout ConfigurationReader
    ) {
        auth.tokenEnvironment = reader.value(
            table, ["auth", "token_env"], expected: "the name of an environment variable"
        ) { Value.isVariable($0) ? $0 : nil }
        auth.tokenFile = reader.path(table, ["auth", "token_file"])
        auth.tokenCommand = reader.value(
            table, ["auth", "token_command"], expected: "a shell command"
        ) { $0.allSatisfy(\.isWhitespace) ? nil : $0 }
        auth.githubApp = reader.value(
            table, ["auth", "github_app"], expected: "a GitHub App's id or client id"
        ) { text in
            let isID = text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == ".") }
            return isID && !text.isEmpty ? text : nil
        }
        auth.githubAppKeyFile = reader.path(table, ["auth", "github_app_key_file"])
        let (app, key) = (table["github_app"], table["github_app_key_file"])
        if (app == nil) != (key == nil) {
            reader.note(
                ["auth", app == nil ? "github_app_key_file" : "github_app"],
                "expected \(app == nil ? "github_app" : "github_app_key_file") beside it")
        }
    }
}
