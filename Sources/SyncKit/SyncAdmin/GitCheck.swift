internal import SyncRemote

/// What git says of all that is in a repository of ours.
enum GitCheck {
    case whole
    /// Something is wrong with it; in git's words.
    case damaged(String)
    /// Git did not look, and says why: of the repository nothing is known.
    case notLooked(String)
    /// There is no git program.
    case absent

    /// Asks `git fsck`.
    /// - Parameter depth: its option that says how much is read.
    init(_ repository: String, _ depth: String, within wait: Duration) {
        let words = ["fsck", depth, "--no-dangling", "--no-progress"]
        do throws(RepositoryGit.Refusal) {
            try RepositoryGit(repository).run(words, within: wait)
            self = .whole
        } catch {
            if error.isAbsent {
                self = .absent
            } else {
                let said = "git fsck: \(error)"
                self = Self.hasLooked(error) ? .damaged(said) : .notLooked(said)
            }
        }
    }

    /// Whether git got as far as the objects. It says what it found in the bits of its exit code,
    /// and dies (128) of some damage, too, with the object's name; it dies of its own
    /// configuration, or for want of memory, without one. Source: builtin/fsck.c of git.
    private static func hasLooked(_ refusal: RepositoryGit.Refusal) -> Bool {
        guard let ran = refusal.ran else { return false }
        if !ran.lines.isEmpty || (ran.code ?? 0) < 64 { return true }
        return ran.words.split { !$0.isHexDigit }.contains { $0.count == 40 }
    }
}
