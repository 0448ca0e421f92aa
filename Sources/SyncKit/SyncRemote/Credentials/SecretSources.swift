internal import SyncHTTP
internal import SyncModel

/// The sources of a login for one remote, in the order they are asked.
enum SecretSources {
    /// What systemd's `LoadCredential=` is to call the token.
    static let credentialName = "syncd-token"

    /// Lists what the configuration names, then what systemd gives the service, then git's own
    /// credential helpers.
    /// - Parameters:
    ///   - auth: what the configuration names.
    ///   - base: the remote's URL without login.
    ///   - user: the user's name that the URL gives; a token's is `x-access-token` without one,
    ///     which GitHub wants and others do not mind.
    ///   - client: whom to trust, for the source that asks a server itself.
    ///   - permission: what a token is to be for that is made for it.
    static func list(
        _ auth: Configuration.Auth, base: String, user: String?,
        _ environment: [String: String], _ client: HTTPClient.Options,
        permission: GitHubApp.Permission = .contents
    ) -> [any SecretSource] {
        let name = user ?? "x-access-token"
        var sources: [any SecretSource] = []
        var forPrograms = environment
        if let variable = auth.tokenEnvironment {
            sources.append(
                VariableToken(name: variable, user: name, environment: environment))
            forPrograms[variable] = nil
        }
        if let path = auth.tokenFile { sources.append(FileToken(path: path, user: name)) }
        if let command = auth.tokenCommand {
            sources.append(
                CommandToken(command: command, user: name, environment: environment))
        }
        if let app = auth.githubApp, let key = auth.githubAppKeyFile {
            sources.append(
                GitHubApp(
                    id: app, keyFile: key, base: base, client: client, permission: permission))
        }
        if let directory = environment["CREDENTIALS_DIRECTORY"], !directory.isEmpty {
            sources.append(
                FileToken(
                    path: "\(directory)/\(credentialName)", user: name, isOptional: true))
        }
        sources.append(HelperLogin(base: base, user: user, environment: forPrograms))
        return sources
    }
}

/// A token in an environment variable.
struct VariableToken: SecretSource {
    let name: String
    let user: String
    let environment: [String: String]

    func login(_ cancellation: Cancellation) throws(RemoteError) -> HTTPRequest.Login? {
        guard let value = environment[name], !value.isEmpty else { return nil }
        return try Token.login(value, user, "the variable \(name)")
    }
}

/// A token that a shell command prints.
struct CommandToken: SecretSource {
    let command: String
    let user: String
    let environment: [String: String]

    func login(_ cancellation: Cancellation) throws(RemoteError) -> HTTPRequest.Login? {
        let ran = try ProgramRun.secret(["/bin/sh", "-c", command], environment, cancellation)
        guard ran.code == 0 else {
            let end = ran.code.map { "ended with \($0)" } ?? "was ended"
            // Its own words are not repeated: they might hold the secret.
            throw RemoteError(
                .authentication, "read the token", "auth.token_command \(end)",
                hint: "run it by hand, as the daemon's user and without a terminal")
        }
        return try Token.login(
            String(decoding: ran.output, as: UTF8.self), user, "auth.token_command")
    }
}

/// A login that git's credential helpers know. They are told whether it was taken.
/// Source: gitcredentials(7), git-credential(1).
struct HelperLogin: SecretSource {
    let base: String
    let user: String?
    let environment: [String: String]

    /// Helpers are programs, and may be slow.
    var isAskedLast: Bool { true }

    func login(_ cancellation: Cancellation) throws(RemoteError) -> HTTPRequest.Login? {
        let ran: (code: Int32?, output: [UInt8])
        do throws(RemoteError) {
            ran = try ask("fill", question, cancellation)
        } catch {
            // Without git there are no helpers either.
            return nil
        }
        guard ran.code == 0 else { return nil }
        var values: [String: String] = [:]
        for line in String(decoding: ran.output, as: UTF8.self).split(separator: "\n") {
            let key = line.prefix { $0 != "=" }
            values[String(key)] = String(line.dropFirst(key.count + 1))
        }
        guard let name = values["username"], let password = values["password"],
            !password.isEmpty, !name.contains(":")
        else { return nil }
        return HTTPRequest.Login(user: name, password: password)
    }

    func wasTaken(_ login: HTTPRequest.Login) { tell("approve", login) }

    func wasRefused(_ login: HTTPRequest.Login) { tell("reject", login) }

    private func tell(_ verb: String, _ login: HTTPRequest.Login) {
        let text = question + "username=\(login.user)\npassword=\(login.password)\n"
        do throws(RemoteError) {
            _ = try ask(verb, text, Cancellation())
        } catch {
            // A helper that cannot store a login is asked for it again another time.
            return
        }
    }

    /// What git would ask: the host, and the path for helpers that tell repositories apart.
    private var question: String {
        let parts = base.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: true)
        guard parts.count == 3 else { return "url=\(base)\n" }
        return "protocol=\(parts[0].dropLast())\nhost=\(parts[1])\npath=\(parts[2])\n"
    }

    private func ask(_ verb: String, _ text: String, _ cancellation: Cancellation)
        throws(RemoteError) -> (code: Int32?, output: [UInt8])
    {
        var variables = environment
        // Nobody is there to be asked.
        variables["GIT_TERMINAL_PROMPT"] = "0"
        variables["GCM_INTERACTIVE"] = "never"
        for name in ["GIT_ASKPASS", "SSH_ASKPASS"] { variables[name] = nil }
        var input = text
        if verb == "fill", let user { input += "username=\(user)\n" }
        return try ProgramRun.secret(
            ["git", "-C", "/", "-c", "core.askPass=", "credential", verb], variables,
            input: Array((input + "\n").utf8), cancellation)
    }
}

/// A text as a token.
enum Token {
    /// Takes a token with the line end that files and programs give.
    /// - Throws: `.authentication` for a text that cannot be one.
    static func login(_ text: String, _ user: String, _ source: String) throws(RemoteError)
        -> HTTPRequest.Login
    {
        let lines = text.split { $0 == "\n" || $0 == "\r" || $0 == "\r\n" }
        let token = lines.first.map(trimmed) ?? ""
        guard lines.count == 1, !token.isEmpty,
            token.unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value < 0x7f })
        else {
            throw RemoteError(
                .authentication, "read the token", "\(source) does not hold one token",
                hint: "it has to be one line of letters, digits and signs")
        }
        return HTTPRequest.Login(user: user, password: token)
    }

    private static func trimmed(_ line: Substring) -> String {
        var rest = line.drop { $0 == " " || $0 == "\t" }
        while rest.last == " " || rest.last == "\t" { rest = rest.dropLast() }
        return String(rest)
    }
}
