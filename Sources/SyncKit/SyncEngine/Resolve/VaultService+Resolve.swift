internal import Logging
internal import SyncHistory
internal import SyncMerge
package import SyncModel

/// Resolving conflicts, bringing versions back, setting types.
extension VaultService {
    /// The open conflicts, as this device sees them, by path.
    package func conflicts() throws(RepositoryError) -> [OpenConflict] {
        try vault.conflicts().records.map {
            OpenConflict($0, device: configuration.device)
        }
    }

    /// What rules resolved, the newest first.
    package func resolvedConflicts() throws(StateStoreError) -> [ResolvedConflict] {
        try vault.store.resolved()
    }

    /// Resolves a conflict in a new commit and brings the folders to it.
    /// - Throws: `ChangeRefusal`, or what a capture or an apply throws; the commit stands then,
    ///   when it was made.
    package func resolve(_ id: String, _ request: ResolveRequest) throws -> ChangeReport {
        try change(isDryRun: request.dryRun) { try vault.resolve(id, request) }
    }

    /// Brings versions back in a new commit.
    package func restore(_ request: RestoreRequest) throws -> ChangeReport {
        let places = request.paths.map { PastFiles.place(of: $0) }
        // A pattern that may mean anything is about everything.
        let known = places.contains(nil) ? nil : places.compactMap { $0 }
        return try change(isDryRun: request.dryRun, at: known) { try vault.restore(request) }
    }

    /// Takes the vault, or what one device or agent did, back in a new commit.
    package func rollback(_ request: RollbackRequest) throws -> ChangeReport {
        try change(isDryRun: request.dryRun) { try vault.rollback(request) }
    }

    /// Takes back the last restore, rollback, resolve, accept or undo in a new commit.
    package func undo(_ request: UndoRequest) throws -> ChangeReport {
        try change(isDryRun: request.dryRun) { try vault.undo(request) }
    }

    /// Sets a type in a new commit.
    package func setType(_ request: TypeRequest) throws -> ChangeReport {
        try change(isDryRun: false) { try vault.changes.requests.setType(request) }
    }

    /// Captures what is there, makes the change and applies it, also while an exchange waits for
    /// the network; the remote gets it with the next exchange.
    /// - Parameter places: where it changes something, in the repository; nil is anywhere.
    /// - Returns: what changed, and what of it waits because a program has it open or something
    ///   stands in its way.
    func change(
        isDryRun: Bool, at places: [TreePath]? = nil, _ make: () throws -> ChangeReport
    ) throws -> ChangeReport {
        if let places {
            let requested = RequestedPlaces(places: places, store: vault.store)
            for folder in vault.folders {
                inbox.add(try requested.dirty(in: folder), in: folder.id)
            }
        } else {
            inbox.addAll(of: vault.folders)
        }
        try captureInbox(live: true)
        return try applied(try make())
    }

    /// Brings the folders to what was committed by request.
    func applied(_ made: ChangeReport) throws -> ChangeReport {
        var report = made
        if report.commit != nil {
            try vault.applyUntilStable()
            let waiting = try vault.report.waiting()
            report.waiting = waiting.filter { report.paths.contains($0.path) }
            if !waiting.isEmpty { setAlarm(.now + Limits.firstTry) }
            log.info("\(report.paths.count) files changed by request")
            if let commit = report.commit {
                let subject = try vault.repository.commit(commit).subject
                teller.tellMade(commit, .requested, subject: subject, began: .now)
            }
        }
        publish()
        wake()
        return report
    }
}
