internal import Logging
package import SyncModel

/// What the service does about a remote that was rewritten.
extension VaultService {
    /// Looks at the remote and says where it stands.
    /// - Parameter seen: what it showed just now; nil asks it.
    /// - Throws: `RemoteError` when it cannot be asked.
    package func remoteStanding(_ seen: RemoteSnapshot? = nil) async throws -> RemoteStanding {
        let change = try await vault.intake.takingIn { () async throws -> RemoteChange? in
            do {
                if let seen { return try vault.tracker.classify(seen) }
                return try await vault.tracker.fetch()
            } catch let error as RemoteError where error.code == .fatal {
                return nil
            }
        }
        return RemoteStanding(
            remote: configuration.remote, head: try vault.head(),
            remoteHead: vault.tracker.seen?.head, change: change,
            kept: try KeptHeads(repository: vault.repository).names(),
            keptOut: vault.intake.keptOut)
    }

    /// Passes over the remote's head. The remote is not asked where that head is known to have
    /// ended the process: to ask may be what ended it.
    /// - Parameter name: the commit's name or its beginning.
    /// - Throws: `ChangeRefusal` for what is not the remote's head.
    package func skip(_ name: String) async throws -> SkippedCommit {
        var seen = vault.tracker.seen?.head
        if seen == nil, vault.intake.keptOut == nil, let remote = vault.tracker.link {
            seen = try await remote.fetch { _, _ in [] }.head
        }
        let commit = try vault.intake.skip(name, seen: seen)
        health.set(nil, at: .exchange)
        log.info("the remote's commit \(commit.short) is passed over, as somebody asked")
        publish()
        wake()
        return SkippedCommit(commit: commit)
    }

    /// Carries out somebody's choice; the next exchange pushes what came of it.
    /// - Throws: `ChangeRefusal` when there is nothing to choose, or the remote's head is passed
    ///   over; `RemoteError` when it cannot be asked.
    package func choose(_ request: RemoteRequest) async throws -> ChangeReport {
        guard configuration.remote != nil else {
            throw ChangeRefusal(.missing, "this vault has no remote")
        }
        let report = try await vault.intake.takingIn {
            try await vault.lookBeforeChoice()
            return try changeNow(.choose(request), askedAt: nil)
        }
        if report.commit != nil {
            health.set(nil, at: .exchange)
            log.info("somebody chose what becomes of the remote: \(request.choice.rawValue)")
            publish()
        }
        return report
    }
}

extension SyncFailure {
    /// What an exchange came to that somebody has to mend; nil for nothing.
    package init?(_ outcome: ExchangeOutcome) {
        switch outcome {
        case .declined(let words):
            self.init(.needsUser, "the remote refused the push: \(words)")
        case .stopped(let change): self.init(change)
        case .outpaced:
            self.init(
                .retry,
                "nothing could be pushed at \(Limits.pushTries) tries: others pushed first each "
                    + "time, or a program holds the lock of the remote's branch",
                hint: "it is tried again")
        case .inSync, .pending: return nil
        }
    }

    /// A remote that was rewritten is for a person to judge, and it can be reached.
    init(_ change: RemoteChange) {
        self.init(.needsUser, change.words, hint: RemoteChange.advice)
    }
}

extension VaultStatus {
    /// Adds what only a person can mend.
    mutating func add(_ failure: SyncFailure) {
        notices.append(failure.text)
        syncHealth.status = "failing"
        syncHealth.lastError = failure.message
    }
}
