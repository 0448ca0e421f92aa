internal import Logging
package import SyncModel

/// What the service does about a remote that was rewritten.
extension VaultService {
    /// Looks at the remote and says where it stands.
    /// - Parameter seen: what it showed just now; nil asks it.
    /// - Throws: `RemoteError` when it cannot be asked.
    package func remoteStanding(_ seen: RemoteSnapshot? = nil) async throws -> RemoteStanding {
        let change =
            if let seen { try vault.look(at: seen) } else { try await vault.lookAtRemote() }
        return RemoteStanding(
            remote: configuration.remote, head: try vault.head(),
            remoteHead: vault.seenRemote?.head, change: change,
            kept: try vault.repository.references(Vault.keptReferences).map(\.name))
    }

    /// Carries out somebody's choice; the next exchange pushes what came of it.
    /// - Throws: `ChangeRefusal` when the remote goes forward only, `RemoteError` when it cannot
    ///   be asked.
    package func choose(_ request: RemoteRequest) async throws -> ChangeReport {
        guard configuration.remote != nil else {
            throw ChangeRefusal(.missing, "this vault has no remote")
        }
        if let new = try await vault.lookAtRemote()?.new { try await admit(new) }
        let report = try change(isDryRun: request.dryRun) { try vault.choose(request) }
        if report.commit != nil {
            troubles[.exchange] = nil
            log.info("the remote was rewritten, and somebody chose: \(request.choice.rawValue)")
            publish()
        }
        return report
    }

    /// Either choice makes commits over what the remote has: that may come in, or nobody chooses.
    private func admit(_ head: ObjectID) async throws {
        do {
            if try await vault.admit(head) { return }
        } catch let error as RefusedCommit {
            throw ChangeRefusal(.wrong, "\(error): \(error.advice)")
        }
        throw ChangeRefusal(
            .moved, "what the remote has is still being checked for signatures: ask again")
    }
}

extension Trouble {
    /// A remote that was rewritten is for a person to judge, and it can be reached.
    init(_ change: RemoteChange) {
        self.init(.needsUser, change.words, hint: RemoteChange.advice)
    }
}

extension VaultStatus {
    /// Adds what only a person can mend.
    mutating func add(_ trouble: Trouble) {
        notices.append(trouble.text)
        syncHealth.status = "failing"
        syncHealth.lastError = trouble.message
    }
}
