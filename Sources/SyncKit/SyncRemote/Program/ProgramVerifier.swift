internal import Glibc
package import SyncModel

/// Checks signatures with the programs and the keys that git checks them with: `ssh-keygen` and
/// the file of allowed signers, `gpg` and the user's key ring. Has a thread of its own to wait in.
package actor ProgramVerifier: CommitVerifier {
    private let executor = QueueExecutor(label: "syncd.verify")
    private let programs: GitPrograms
    private let signatureFile: String

    /// Takes what is needed; nothing is run before the first commit.
    /// - Parameters:
    ///   - environment: the process's: `PATH`, `HOME`, `GNUPGHOME`.
    ///   - signatureFile: where a signature may be written while it is checked.
    package init(environment: [String: String], signatureFile: String) {
        programs = GitPrograms(environment: environment)
        self.signatureFile = signatureFile
    }

    /// The queue that the actor blocks.
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    package func verdict(on commit: SignedCommit) async throws(SigningError) -> SignatureVerdict {
        guard commit.signatures == 1 else { return .refused("it has more than one signature") }
        let armour = String(decoding: commit.signature.prefix(64), as: UTF8.self)
        do throws(RemoteError) {
            if armour.hasPrefix("-----BEGIN SSH SIGNATURE-----") {
                try write(commit.signature)
                return try ssh(commit)
            }
            if armour.hasPrefix("-----BEGIN PGP SIGNATURE-----")
                || armour.hasPrefix("-----BEGIN PGP MESSAGE-----")
            {
                try write(commit.signature)
                return try openPGP(commit)
            }
            return .refused("its signature is neither of ssh nor of OpenPGP")
        } catch { throw SigningError("\(error)") }
    }

    /// As git checks it: the key has to stand among the allowed signers, at the time that the
    /// commit names. Source: gpg.ssh.allowedSignersFile in git-config(1), ssh-keygen(1).
    private func ssh(_ commit: SignedCommit) throws(RemoteError) -> SignatureVerdict {
        guard let allowed = programs.configured("gpg.ssh.allowedSignersFile", type: "path") else {
            return .refused("no ssh key is known: git's gpg.ssh.allowedSignersFile is not set")
        }
        guard access(allowed, R_OK) == 0 else {
            return .refused("no ssh key is known: \(allowed) cannot be read")
        }
        let program = programs.configured("gpg.ssh.program") ?? "ssh-keygen"
        let time = "-Overify-time=\(Self.local(commit.seconds))"
        let found = try programs.run([
            program, "-Y", "find-principals", "-f", allowed, "-s", signatureFile, time,
        ])
        var verify = [
            program, "-Y", "verify", "-n", "git", "-f", allowed, "-s", signatureFile, time,
        ]
        if let revoked = programs.configured("gpg.ssh.revocationFile", type: "path") {
            guard access(revoked, R_OK) == 0 else {
                return .refused("git's gpg.ssh.revocationFile, \(revoked), cannot be read")
            }
            verify += ["-r", revoked]
        }
        var words: String?
        for principal in found.code == 0 ? found.lines : [] {
            let ran = try programs.run(verify + ["-I", String(principal)], input: commit.payload)
            if ran.code == 0 && ran.output.starts(with: Array("Good".utf8)) { return .good }
            // Of a revoked key it says nothing.
            words = ran.words.isEmpty ? "its key is revoked" : ran.words
        }
        if let words { return .refused("its signature is bad: \(words)") }
        return try unknown(commit, allowed, [program, "-Y", "check-novalidate", "-n", "git", time])
    }

    /// Tells a key that nobody knows from a signature of nothing.
    private func unknown(_ commit: SignedCommit, _ allowed: String, _ check: [String])
        throws(RemoteError) -> SignatureVerdict
    {
        let ran = try programs.run(check + ["-s", signatureFile], input: commit.payload)
        guard ran.code == 0 else { return .refused("its signature is bad: \(ran.words)") }
        let key = ran.lines.first?.split(separator: " ").last ?? ""
        let name = RemoteWords.clean(Array(key.utf8))
        return .refused("the key that signed it (\(name)) does not stand in \(allowed)")
    }

    /// As `git merge --verify-signatures` checks it. Source: git-merge(1), doc/DETAILS of gpg.
    private func openPGP(_ commit: SignedCommit) throws(RemoteError) -> SignatureVerdict {
        let program =
            programs.configured("gpg.openpgp.program") ?? programs.configured("gpg.program")
            ?? "gpg"
        let ran = try programs.run(
            [
                program, "--batch", "--no-tty", "--keyid-format=long", "--status-fd=1",
                "--verify", signatureFile, "-",
            ], input: commit.payload)
        let least = programs.configured("gpg.minTrustLevel")
        return OpenPGPStatus(ran.lines).verdict(endedWell: ran.code == 0, least: least)
    }

    private func write(_ signature: [UInt8]) throws(RemoteError) {
        let file = open(signatureFile, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        defer { if file >= 0 { close(file) } }
        guard file >= 0, Glibc.write(file, signature, signature.count) == signature.count else {
            let cause = String(cString: strerror(errno))
            throw RemoteError(.io, "write \(signatureFile)", cause)
        }
    }

    /// A moment as the file of allowed signers has it: in the local time zone, as with git.
    private static func local(_ seconds: Int64) -> String {
        var moment = time_t(seconds)
        var parts = tm()
        localtime_r(&moment, &parts)
        var text = [CChar](repeating: 0, count: 32)
        let count = strftime(&text, text.count, "%Y%m%d%H%M%S", &parts)
        return String(decoding: text[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
