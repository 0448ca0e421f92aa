internal import Glibc
package import SyncModel
internal import Synchronization

/// Signs commits with the programs that git signs with: `ssh-keygen`, `gpg`. No shell runs, the
/// commit goes to standard input, and no secret is ever an argument.
package final class ProgramSigner: CommitSigner {
    private let options: Configuration.Commit
    private let programs: GitPrograms
    private let keyFile: String
    private let restUntil = Mutex<ContinuousClock.Instant?>(nil)

    /// Takes what signs; nothing is run before the first commit.
    /// - Parameters:
    ///   - options: `sign` must not be `off`.
    ///   - environment: the process's: `PATH`, `HOME`, the agents' sockets.
    ///   - keyFile: where a public key may be written that the configuration gives as text.
    package init(_ options: Configuration.Commit, environment: [String: String], keyFile: String) {
        self.options = options
        programs = GitPrograms(environment: environment)
        self.keyFile = keyFile
    }

    package func sign(_ payload: [UInt8]) throws(SigningError) -> String {
        // A program that waits for somebody would hold up every capture.
        if let until = restUntil.withLock({ $0 }), ContinuousClock.now < until {
            throw SigningError("the program that signs did not answer; it is asked again later")
        }
        let format = try format()
        let words = format == .ssh ? try sshWords() : gpgWords()
        let ran = try run(words, input: payload)
        let text = String(decoding: ran.output, as: UTF8.self)
        guard ran.code == 0, text.hasPrefix("-----BEGIN "), text.contains(" SIGNATURE-----") else {
            let said = ran.words.isEmpty ? "it gave no signature" : ran.words
            throw SigningError("\(words[0]): \(said)")
        }
        return text.replacing("\r", with: "")
    }

    private func format() throws(SigningError) -> Configuration.Commit.Sign {
        guard options.sign == .git else { return options.sign }
        switch configured("gpg.format") ?? "openpgp" {
        case "ssh": return .ssh
        case "openpgp": return .openpgp
        case let other: throw SigningError("gpg.format is \(other): only ssh and openpgp are known")
        }
    }

    /// As git calls it. Source: ssh-keygen(1), gpg.ssh.program in git-config(1).
    private func sshWords() throws(SigningError) -> [String] {
        guard let key = options.signingKey ?? configured("user.signingkey") else {
            throw SigningError("no key: set commit.signing_key, or user.signingkey of git")
        }
        var words = [
            configured("gpg.ssh.program") ?? "ssh-keygen", "-Y", "sign", "-n", "git", "-f",
        ]
        let isText = key.hasPrefix("ssh-") || key.hasPrefix("key::")
        guard isText else {
            let home = programs.environment["HOME"] ?? ""
            return words + [key.hasPrefix("~/") ? home + key.dropFirst() : key]
        }
        // A public key, whose other half an agent has.
        try write(key.hasPrefix("key::") ? String(key.dropFirst(5)) : key)
        words += [keyFile, "-U"]
        return words
    }

    /// As git calls it, but that nothing is asked on a terminal. Source: gpg(1).
    private func gpgWords() -> [String] {
        let program =
            configured("gpg.openpgp.program") ?? configured("gpg.program") ?? "gpg"
        let words = [program, "--batch", "--no-tty", "--detach-sign", "--armor"]
        let key = options.signingKey ?? configured("user.signingkey")
        return words + (key.map { ["--local-user", $0] } ?? [])
    }

    private func write(_ key: String) throws(SigningError) {
        let bytes = Array((key + "\n").utf8)
        let file = open(keyFile, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        defer { if file >= 0 { close(file) } }
        guard file >= 0, Glibc.write(file, bytes, bytes.count) == bytes.count else {
            throw SigningError("\(keyFile) cannot be written: \(String(cString: strerror(errno)))")
        }
    }

    private func configured(_ key: String) -> String? { programs.configured(key) }

    private func run(_ words: [String], input: [UInt8]) throws(SigningError) -> ProgramRun {
        do throws(RemoteError) {
            return try programs.run(words, input: input)
        } catch {
            if error.code == .unreachable {
                restUntil.withLock { $0 = ContinuousClock.now + Limits.signRest }
            }
            throw SigningError("\(words[0]): \(error.cause)")
        }
    }
}
