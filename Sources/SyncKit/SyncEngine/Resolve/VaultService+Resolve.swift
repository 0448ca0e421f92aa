internal import Logging
internal import SyncMerge
package import SyncModel

/// Conflicts, and what is changed by request.
extension VaultService {
    /// The open conflicts, as this device sees them, by path.
    package func conflicts() throws(RepositoryError) -> [OpenConflict] {
        try vault.standingConflicts().map { OpenConflict($0, device: configuration.device) }
    }

    /// What rules resolved, the newest first.
    package func resolvedConflicts() throws(StateStoreError) -> [ResolvedConflict] {
        try vault.store.resolved()
    }

    /// Makes a change, as `changeNow`; where it needs something that was thinned here, once an
    /// exchange has brought that back.
    package func change(_ request: ChangeRequest) async throws -> ChangeReport {
        let head = try vault.head()
        do { return try changeNow(request, askedAt: head) } catch let error as RepositoryError
            where error.code == .thinned
        {
            vault.tracker.wantsThinned = true
            var cycle = Request()
            cycle.scan = false
            _ = await sync(cycle)
            return try changeNow(request, askedAt: head)
        }
    }

    /// Captures what is there, makes a change in a new commit and applies it, also while an
    /// exchange waits for the network; the remote gets it with the next exchange.
    /// - Parameter head: from where the request's names count; nil before the first commit.
    /// - Returns: what changed, and what of it waits because a program has it open or something
    ///   stands in its way.
    /// - Throws: `ChangeRefusal`, or what a capture throws; what an apply throws of the repository
    ///   or the state store, and the commit stands then, when it was made.
    func changeNow(_ request: ChangeRequest, askedAt head: ObjectID?) throws -> ChangeReport {
        let request = try request.fixed(behind: head, in: vault)
        let requested = try request.places(in: vault)
            .map { RequestedPlaces(places: $0, store: vault.store) }
        for folder in vault.folders {
            if request.replacesWholeFiles { try requested?.doubt(in: folder) }
            inbox.add(try requested?.dirty(in: folder) ?? .everything, in: folder.id)
        }
        try captureInbox(live: true)
        var made = try request.make(in: vault)
        if case .restore(let restore) = request {
            // That word is about what is held too.
            let back = vault.report.quarantinedDeletions(request.concerned)
            made.paths = Set(made.paths).union(back).sorted()
            if !restore.dryRun {
                try vault.local.apply.restoreDeleted(where: request.concerned)
            }
        }
        var report = try applied(made)
        if report.commit == nil, let places = request.settled {
            // It was committed before. What of it waits, waits for this request, too.
            try vault.applyUntilStable()
            report.waiting = try vault.report.waiting(below: places)
        }
        report.add(waiting: try vault.report.missing(request.concerned))
        return report
    }

    /// Brings the folders to what was committed by request.
    func applied(_ made: ChangeReport) throws -> ChangeReport {
        var report = made
        if report.commit != nil {
            do { try vault.applyUntilStable() } catch let error as FolderError {
                // What no folder has room for, or cannot take, is committed, and waits.
                log.warning("\(error): it is tried again")
            }
            let waiting = try vault.report.waiting()
            report.waiting = vault.report.waiting(among: report.paths, waiting)
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
