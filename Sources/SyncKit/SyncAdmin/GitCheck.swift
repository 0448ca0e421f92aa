internal import SyncModel
internal import SyncRemote

/// What git says of all that is in a repository of ours.
enum GitCheck {
    case whole
    /// Something is wrong with it; in git's words.
    case damaged(String)
    /// Objects are whole that another program made otherwise than git makes them; in git's words.
    case malformed(String)
    /// Nothing is missing but what no device brings, for its size; in git's words.
    case leftOut(String)
    /// Git did not look, and says why: of the repository nothing is known.
    case notLooked(String)
    /// There is no git program.
    case absent

    /// Asks `git fsck`.
    /// - Parameters:
    ///   - depth: its option that says how much is read.
    ///   - isLeftOut: whether an object that is not here is one that no device brings.
    init(
        _ repository: String, _ depth: String, within wait: Duration,
        isLeftOut: (ObjectID) -> Bool
    ) {
        let words = ["fsck", depth, "--no-dangling", "--no-progress"]
        do throws(RepositoryGit.Refusal) {
            try RepositoryGit(repository).run(words, within: wait)
            self = .whole
        } catch {
            let said = "git fsck: \(error)"
            if error.isAbsent {
                self = .absent
            } else if Self.isOfForm(error) {
                self = .malformed(said)
            } else if Self.lacksOnly(error, isLeftOut) {
                self = .leftOut(said)
            } else {
                self = Self.hasLooked(error) ? .damaged(said) : .notLooked(said)
            }
        }
    }

    /// Whether all that git says is of how objects are made, such as an author without a name: they
    /// are as they were pushed, and fetching them again brings the same. Its exit code has bits for
    /// objects (1) and packs (4); of a damaged one it says `error: `, and of one that is missing it
    /// tells in another bit (2), as of one that is of another kind than is said of it.
    /// Source: builtin/fsck.c of git.
    private static func isOfForm(_ refusal: RepositoryGit.Refusal) -> Bool {
        guard let ran = refusal.ran else { return false }
        if ran.words.contains("fatal: ") { return false }
        let wrong = ofWrongKinds(ran.words)
        if !wrong.isEmpty {
            // All that it says is of them: a link that is broken takes two lines, but where git
            // does not know whereto.
            let found = ran.lines.joined(separator: " ").split(separator: "broken link")
                .flatMap { $0.split(separator: "missing ") }
                .filter { !$0.hasPrefix(" from") || $0.contains(" to ") }
            return (ran.words.split(separator: "error: ") + found).allSatisfy { part in
                part.firstMatch(of: /[0-9a-f]{40}/) == nil
                    || wrong.contains { part.contains($0) }
            }
        }
        guard [1, 4, 5].contains(ran.code), ran.lines.isEmpty else { return false }
        let kinds = ["commit", "tree", "blob", "tag"]
        return !ran.words.contains("error: ")
            && kinds.contains { ran.words.contains("error in \($0) ") }
    }

    /// Whether all that git says is that objects are missing, and that of such ones alone. It names
    /// each, and the way to some. Source: builtin/fsck.c of git.
    private static func lacksOnly(
        _ refusal: RepositoryGit.Refusal, _ isLeftOut: (ObjectID) -> Bool
    ) -> Bool {
        guard let ran = refusal.ran, !ran.isCut, ran.code == 2, !ran.words.contains("error") else {
            return false
        }
        let missing = ran.lines.filter { $0.hasPrefix("missing ") }
        return !missing.isEmpty
            && missing.allSatisfy { line in
                line.split(separator: " ").last.flatMap { ObjectID(hex: String($0)) }
                    .map(isLeftOut) ?? false
            }
    }

    /// The objects of which git says that they are of another kind than an entry, or a commit, that
    /// names them has it, with what leads there: each is there and can be read, or git could not
    /// tell its kind.
    private static func ofWrongKinds(_ words: String) -> Set<Substring> {
        let kind = /object ([0-9a-f]{40}) is a [a-z]+, not a [a-z]+/
        var named = Set(words.matches(of: kind).map(\.1))
        if named.isEmpty { return [] }
        for part in words.split(separator: "error: ") {
            let names = part.matches(of: /[0-9a-f]{40}/).map(\.output)
            if names.contains(where: named.contains) { named.formUnion(names) }
        }
        return named
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
