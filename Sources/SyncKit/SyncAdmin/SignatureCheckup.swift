internal import SyncEngine
internal import SyncModel
internal import SyncRemote

/// Looks at what the rule for others' commits needs: keys to check them with.
struct SignatureCheckup {
    private let configuration: Configuration
    private let keys: KnownKeys

    /// Takes what the daemon finds.
    /// - Parameter environment: the daemon's, or that of this terminal.
    init(_ configuration: Configuration, _ environment: [String: String]) {
        self.configuration = configuration
        keys = KnownKeys(environment: OpenedVault.environment(configuration, environment))
    }

    /// - Parameter repository: nil when it cannot be opened.
    func findings(_ repository: (any ObjectRepository)?) -> [Finding] {
        var findings = [known()]
        let trusted = configuration.commit.trusted
        if let trusted, let repository, !repository.contains(trusted) {
            findings.append(
                .warn(
                    "signatures", "the trusted commit \(trusted.short) is not here",
                    mend: "compare commit.trusted with syncctl log --json"))
        }
        return findings
    }

    private func known() -> Finding {
        let mend = "git config --global gpg.ssh.allowedSignersFile FILE: NAME KEY in each line"
        if let file = keys.signersFile, keys.signers == nil {
            return .fail("signatures", "\(file) cannot be read: no ssh key is known", mend: mend)
        }
        let ssh = keys.signers ?? 0
        if ssh + keys.openPGP == 0 {
            return .fail("signatures", "no key of others is known: nothing comes in", mend: mend)
        }
        let file = keys.signersFile.map { " in \($0)" } ?? ""
        return .ok(
            "signatures",
            "asked of others: \(VaultStatus.count(ssh, "ssh key", "ssh keys"))\(file), "
                + "\(VaultStatus.count(keys.openPGP, "key", "keys")) of gpg")
    }
}
