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
        let (report, files) = try vault.changes.writes.write(request, to: targets, agent: agent)
        let changed = try applied(report)
        return WriteReport(commit: changed.commit, files: files, waiting: changed.waiting)
    }
}
