internal import Logging
package import SyncModel

/// Files written by request.
extension VaultService {
    /// Writes files in one commit, or none of them.
    /// - Parameter token: the name of the token that asks; nil where none does.
    /// - Throws: `ChangeRefusal`, or what a capture or an apply throws; the commit stands then,
    ///   when it was made.
    package func write(_ request: WriteRequest, token: String?) throws -> WriteReport {
        guard (1...Limits.batchWrites).contains(request.writes.count) else {
            throw ChangeRefusal(.wrong, "expected 1 to \(Limits.batchWrites) writes")
        }
        let agent = try request.agentName(token: token)
        let targets = try request.writes.map { try vault.changes.writes.places.place(of: $0.path) }
        // Only what is written has to be known as it stands now.
        for target in targets { inbox.add(target.local, in: target.folder) }
        try captureInbox(live: true)
        let uncaptured = UncapturedChanges(store: vault.store)
        for (write, target) in zip(request.writes, targets) where write.ifMatch != nil {
            let folder = vault.folders.first { $0.id == target.folder }
            // Nobody names that by a commit's blob, or as nothing.
            guard let folder, let words = try uncaptured.words(at: target.local, in: folder) else {
                continue
            }
            throw ChangeRefusal(
                .moved, "what stands at \(target.path) is in no commit yet: it \(words)")
        }
        let (report, files) = try vault.changes.writes.write(request, to: targets, agent: agent)
        var changed = try applied(report)
        if changed.commit == nil {
            do { try vault.applyUntilStable() } catch let error as FolderError {
                // It is committed, and waits.
                log.warning("\(error): it is tried again")
            }
        }
        let paths = Set(targets.map(\.path))
        changed.add(waiting: try vault.report.missing(paths.contains))
        return WriteReport(commit: changed.commit, files: files, waiting: changed.waiting)
    }
}
