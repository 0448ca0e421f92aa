internal import Glibc
internal import SyncModel

/// The keys of others that the user's git knows.
package struct KnownKeys: Sendable {
    /// Git's `gpg.ssh.allowedSignersFile`; nil when it is not set.
    package let signersFile: String?
    /// How many keys stand in it; nil when it cannot be read.
    package let signers: Int?
    /// How many keys gpg's key ring has.
    package let openPGP: Int

    /// Asks git and gpg; waits for them, at most `Limits.signWait` each.
    /// - Parameter environment: the one in which commits are checked.
    package init(environment: [String: String]) {
        let programs = GitPrograms(environment: environment)
        signersFile = programs.configured("gpg.ssh.allowedSignersFile", type: "path")
        signers = signersFile.flatMap(Self.keys(in:))
        openPGP = Self.keyRing(programs)
    }

    /// The lines that are neither empty nor a comment.
    private static func keys(in file: String) -> Int? {
        let bytes: [UInt8]
        do { bytes = try RegularFile.content(file, upTo: Limits.signersBytes) } catch {
            return nil
        }
        return bytes.split(separator: 0x0a).count { $0.first != 0x23 }
    }

    private static func keyRing(_ programs: GitPrograms) -> Int {
        let environment = programs.environment
        let home = environment["GNUPGHOME"] ?? (environment["HOME"] ?? "") + "/.gnupg"
        // gpg would make it.
        guard access(home, F_OK) == 0 else { return 0 }
        let program = programs.configured("gpg.program") ?? "gpg"
        do {
            let ran = try programs.run([
                program, "--batch", "--no-tty", "--list-keys", "--with-colons",
            ])
            return ran.lines.count { $0.hasPrefix("pub:") }
        } catch {
            // Without gpg nobody signs with its keys here.
            return 0
        }
    }
}
