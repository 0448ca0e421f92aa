internal import SyncMerge
package import SyncModel
internal import SyncRemote

/// A commit of the remote's that the rule for what others made does not let in.
package struct RefusedCommit: Error, Sendable, CustomStringConvertible {
    /// The first of those that are refused; those before it may come in.
    package let commit: ObjectID
    /// Whose it says it is: safe to print, at most 100 characters.
    package let author: String
    /// Why, in one line.
    package let reason: String

    package var description: String {
        "the remote's commit \(commit.short) by \(author) is not taken in: \(reason)"
    }

    /// What somebody can do about it.
    package var advice: String {
        "nothing after it was merged, and captures go on; have its author sign it and push it "
            + "anew, or let it in with trusted = \"\(commit.hex)\" in [commit], or all with "
            + "require_signed = false; then syncctl reload"
    }
}

/// Asking of commits that others made whether they may come in. What is behind the local branch
/// was accepted or made here; what is behind the trusted commit was made before the rule.
package final class IncomingVerification {
    /// What others' commits have to be like; nil lets them all in.
    package var rule: IncomingRule?
    private let branch: Branch
    private let repository: any ObjectRepository
    private let store: any StateStore

    init(_ branch: Branch, _ repository: any ObjectRepository, _ store: any StateStore) {
        (self.branch, self.repository, self.store) = (branch, repository, store)
    }

    /// The same before somebody chooses about a rewritten remote: either choice makes commits over
    /// what the remote has, and that may come in, or nobody chooses.
    /// - Throws: `ChangeRefusal`.
    package func verifyOrRefuse(_ head: ObjectID) async throws {
        do {
            if try await verify(head) { return }
        } catch let error as RefusedCommit {
            throw ChangeRefusal(.wrong, "\(error): \(error.advice)")
        }
        throw ChangeRefusal(
            .moved, "what the remote has is still being checked for signatures: ask again")
    }

    /// Asks all that a head of the remote's brings, each commit once.
    /// - Returns: false when that is more than one exchange asks; the next one goes on from there.
    /// - Throws: `RefusedCommit` for the first that may not come in, `SigningError` when one
    ///   cannot be judged.
    package func verify(_ head: ObjectID) async throws -> Bool {
        guard let rule, head != (try branch.head()) else { return true }
        var verified = try remembered(Vault.Fact.verified)
        let stamps = CommitStamps(reading: repository)
        let news = try asked(of: head, History(stamps), rule, verified)
        var merging: [Int: CommitMerge] = [:]
        var count = 0
        do {
            for id in news {
                if count == Limits.checkedCommits { break }
                let commit = try stamps.commit(id)
                if let reason = try await refusal(of: id, commit, &merging, rule) {
                    let who = commit.author
                    let name = RemoteWords.clean(Array("\(who.name) <\(who.email)>".utf8))
                    throw RefusedCommit(
                        commit: id, author: String(name.prefix(100)), reason: reason)
                }
                count += 1
                verified.removeAll { commit.parents.contains($0) }
                verified.append(id)
            }
        } catch {
            if count > 0 { try remember(verified: verified) }
            throw error
        }
        if count > 0 { try remember(verified: verified) }
        return count == news.count
    }

    /// Notes what keeps a head of the remote's out, for a status without the daemon.
    func note(refused: RefusedCommit?, at head: ObjectID) throws(StateStoreError) {
        let text = refused.map { "\(head.hex) \($0): \($0.advice)" }
        if try store.fact(Vault.Fact.refused) != text {
            try store.setFact(Vault.Fact.refused, text)
        }
    }

    /// What kept the remote's head out when it was last asked; nil when it has another by now.
    /// - Parameter head: where that was seen.
    func refusal(seeing head: ObjectID??) throws(StateStoreError) -> SyncFailure? {
        guard rule != nil, let text = try store.fact(Vault.Fact.refused) else { return nil }
        if let head, head?.hex != String(text.prefix(40)) { return nil }
        return SyncFailure(.needsUser, String(text.dropFirst(41)))
    }

    /// Everything that has to be asked, parents first.
    private func asked(
        of head: ObjectID, _ history: History, _ rule: IncomingRule, _ verified: [ObjectID]
    ) throws -> [ObjectID] {
        let known = try branch.head().map { verified + [$0] } ?? verified
        let news = try history.commits(behind: head, notBehind: known)
        // To find what is behind the trusted commit may read all of history.
        guard !news.isEmpty, let trusted = rule.trusted, repository.contains(trusted) else {
            return news
        }
        return try history.commits(behind: head, notBehind: known + [trusted])
    }

    /// Why a commit may not come in; nil when it may.
    private func refusal(
        of id: ObjectID, _ commit: Commit, _ merging: inout [Int: CommitMerge], _ rule: IncomingRule
    ) async throws -> String? {
        let signed = try SignedCommit(parsing: repository.object(id).content)
        try Task.checkCancellation()
        if signed.signatures > 0 {
            switch try await rule.verifier.verdict(on: signed) {
            case .good: return nil
            case .refused(let words): return words
            }
        }
        guard commit.parents.count > 1 else { return "it is not signed" }
        guard MergeIdentity.made(commit) else { return "it is a merge that is not signed" }
        let named = commit.trailer(MergeIdentity.versionTrailer).flatMap { Int($0) }
        guard let version = named, MergeIdentity.versions.contains(version) else {
            let ours = MergeIdentity.version
            let theirs = named.map { "by rules of version \($0), and here they are \(ours)" }
            return "it is a merge that is not signed, made \(theirs ?? "by other software")"
        }
        // A capture may come between two merges.
        await Task.yield()
        let again = merging[version] ?? CommitMerge(repository, version: version)
        merging[version] = again
        let made = try again.merge(commit.parents[0], commit.parents[1]).commit
        return made == id
            ? nil : "it is a merge that is not signed, and merging its parents here gives another"
    }

    /// Keeps what was asked over the end of the process.
    private func remember(verified: [ObjectID]) throws(StateStoreError) {
        let latest = verified.suffix(Limits.checkedCommits).map(\.hex)
        try store.setFact(Vault.Fact.verified, latest.joined(separator: " "))
    }

    /// Commits that a fact names and that are still here.
    private func remembered(_ fact: String) throws -> [ObjectID] {
        let words = try store.fact(fact)?.split(separator: " ") ?? []
        return words.compactMap { ObjectID(hex: $0) }.filter { repository.contains($0) }
    }
}
