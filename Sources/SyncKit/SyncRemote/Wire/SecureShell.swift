internal import SyncHTTP
internal import SyncModel

/// Git's protocol through the user's own `ssh`: one connection for each fetch and each push.
/// Keys, agents, jumps and host keys are its business. Source: ssh(1), ssh_config(5),
/// `gitprotocol-pack`, "SSH Transport".
final class SecureShell: GitWire {
    private let host: String
    private let port: Int?
    private let path: String
    private let patience: Duration
    private let environment: [String: String]
    private var command: [String]?
    private var stream: ProgramStream?
    private var packets = PacketReader()
    private var service = GitService.upload

    /// - Parameters:
    ///   - host: as `ssh` takes it.
    ///   - path: of the repository there.
    ///   - patience: the longest time without a byte.
    ///   - environment: that of the process, without secrets of other remotes.
    init(
        host: String, port: Int?, path: String, patience: Duration,
        environment: [String: String]
    ) {
        (self.host, self.port, self.path) = (host, port, path)
        self.patience = patience
        self.environment = environment
    }

    func open(
        _ service: GitService, wanted: @escaping (String) -> Bool, _ cancellation: Cancellation
    ) throws(RemoteError) -> Advertisement {
        close()
        self.service = service
        packets = PacketReader()
        var variables = environment
        // A program that asks nobody, and that says in words we know what is wrong.
        variables["LC_ALL"] = "C"
        variables["GIT_PROTOCOL"] = service == .upload ? "version=2" : nil
        let words =
            try sshCommand(cancellation) + ["-o", "SendEnv=GIT_PROTOCOL"]
            + destination + ["\(service.rawValue) \(CommandWords.quoted(path))"]
        let child = try ChildProcess(words, environment: variables)
        stream = ProgramStream(child, patience: patience, cancellation)
        var reader = AdvertisementReader(wanted)
        try exchange(nil, within: Limits.questionWait) { packet throws(RemoteError) in
            try reader.take(packet)
            return reader.isDone
        }
        guard reader.advertisement.hasOurObjects else {
            throw RemoteError(
                .unusable, operation, "the repository names objects by SHA-256",
                hint: "make the remote with: git init --bare --object-format=sha1")
        }
        return reader.advertisement
    }

    func send(_ request: GitRequest, take: (Packet) throws(RemoteError) -> Void)
        throws(RemoteError)
    {
        request.rewind()
        do throws(RemoteError) {
            let wait = request.isQuestion ? Limits.questionWait : Limits.transferWait
            let slowest = request.isQuestion ? nil : Limits.transferSpeed
            try exchange(request, within: wait, slowest: slowest) { packet throws(RemoteError) in
                try take(packet)
                return if case .flush = packet { true } else { false }
            }
        } catch {
            if let failure = request.failure { throw RemoteError(own: failure, operation) }
            throw error
        }
    }

    func close() {
        guard let stream else { return }
        self.stream = nil
        // A server that is asked for nothing more ends by itself, without a complaint in its log.
        if service == .upload {
            var farewell = stream
            var writer = PacketWriter()
            writer.flush()
            stream.child.sendAtOnce(writer.bytes)
            stream.child.closeInput()
            do throws(RemoteError) {
                _ = try farewell.talk(nil, within: .seconds(2), operation) {
                    _ throws(RemoteError) in false
                }
            } catch { stream.child.end() }
        } else {
            stream.child.closeInput()
        }
        _ = stream.child.code(within: .seconds(2))
    }

    /// Sends a source and gives packets until `take` has the last.
    private func exchange(
        _ source: (any HTTPBodySource)?, within total: Duration, slowest: Int? = nil,
        take: (Packet) throws(RemoteError) -> Bool
    ) throws(RemoteError) {
        guard var talk = stream else { throw .cut(operation) }
        var isDone = false
        do throws(RemoteError) {
            let end = try talk.talk(source, within: total, slowest: slowest, operation) {
                piece throws(RemoteError) in
                try packets.feed(piece) { packet throws(RemoteError) in
                    isDone = try take(packet)
                }
                return isDone
            }
            stream = talk
            if end == .enough { return }
        } catch {
            // What the program says for people explains more than an early end.
            stream = nil
            talk.child.end()
            throw error
        }
        stream = nil
        _ = talk.child.code(within: .seconds(2))
        throw SSHFailure.error(talk.words.text, operation, host: host, path: path)
    }

    private var operation: String { service == .upload ? "fetch" : "push" }

    private var destination: [String] {
        (port.map { ["-p", "\($0)"] } ?? []) + ["--", host]
    }

    /// The user's `ssh` with the options that hold for us. Found out once.
    private func sshCommand(_ cancellation: Cancellation) throws(RemoteError) -> [String] {
        if let command { return command }
        var words = try SSHProgram.words(environment, cancellation)
        words.append(contentsOf: ["-o", "BatchMode=yes"])
        let asked = try ProgramRun.secret(
            [words[0], "-G"] + words.dropFirst() + destination, environment, cancellation)
        let lines = String(decoding: asked.output, as: UTF8.self).lowercased()
            .split(separator: "\n")
        // Whoever does not check the host's key talks to anybody; the first value given counts.
        if lines.contains("stricthostkeychecking false")
            || lines.contains("stricthostkeychecking no")
        {
            words.insert(contentsOf: ["-o", "StrictHostKeyChecking=yes"], at: 1)
        }
        command = words
        return words
    }
}

/// Which program speaks SSH.
enum SSHProgram {
    /// `GIT_SSH_COMMAND`, then `core.sshCommand` of the user's git configuration, then `GIT_SSH`,
    /// then `ssh`, as git has it; but no shell reads them.
    static func words(_ environment: [String: String], _ cancellation: Cancellation)
        throws(RemoteError) -> [String]
    {
        if let text = environment["GIT_SSH_COMMAND"], !text.isEmpty {
            return try split(text, "GIT_SSH_COMMAND")
        }
        let configured = Self.configured(environment, cancellation)
        if !configured.isEmpty { return try split(configured, "core.sshCommand") }
        if let program = environment["GIT_SSH"], !program.isEmpty { return [program] }
        return ["ssh"]
    }

    /// What the user's git configuration says; nothing where there is no git.
    private static func configured(
        _ environment: [String: String], _ cancellation: Cancellation
    ) -> String {
        let words = ["git", "-C", "/", "config", "--get", "core.sshCommand"]
        do throws(RemoteError) {
            let ran = try ProgramRun.secret(words, environment, cancellation)
            let text = String(decoding: ran.output, as: UTF8.self)
            return ran.code == 0 ? String(text.split(separator: "\n").first ?? "") : ""
        } catch { return "" }
    }

    private static func split(_ text: String, _ source: String) throws(RemoteError) -> [String] {
        if let words = CommandWords.split(text) { return words }
        throw RemoteError(
            .unreachable, "run ssh", "\(source) needs a shell, and none is asked",
            hint: "put the command into a script, and name the script in \(source)")
    }
}

/// What the words mean with which `ssh`, or git at the other end, gave up.
enum SSHFailure {
    /// Turns them into an error.
    static func error(_ words: String, _ operation: String, host: String, path: String)
        -> RemoteError
    {
        let text = words.lowercased()
        func says(_ marks: String...) -> Bool { marks.contains { text.contains($0) } }
        let cause = "\(host): \(words.isEmpty ? "the connection ended too early" : words)"
        if says("host key verification failed", "host identification has changed") {
            return RemoteError(
                .untrusted, operation, cause,
                hint: "if that host is to be trusted, connect once by hand: ssh \(host)")
        }
        if says("permission denied (", "too many authentication failures") {
            return RemoteError(
                .authentication, operation, cause,
                hint: "this has to work without a question: ssh -o BatchMode=yes \(host)")
        }
        if says("does not appear to be a git repository", "repository not found", "no such file") {
            // The shell there reads what the one here leaves.
            let place = ShellWord.shown(path)
            let make = "git init --bare \(place)"
            return RemoteError(
                .missing, operation, cause,
                hint: "check repository.remote; to make it: ssh \(host) "
                    + (place == path ? make : ShellWord.shown(make)))
        }
        if says("permission to", "access denied", "not allowed", "permission denied") {
            return RemoteError(
                .authentication, operation, cause,
                hint: "let this key read and write the repository")
        }
        if says("command not found") {
            return RemoteError(.missing, operation, cause, hint: "install git on \(host)")
        }
        let hint = says("could not resolve") ? "check the name in repository.remote" : nil
        return RemoteError(.unreachable, operation, cause, hint: hint)
    }
}
