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
        for (write, target) in zip(request.writes, targets) where write.ifMatch != nil {
            try refuseUncaptured(target)
        }
        let (report, files) = try vault.changes.writes.write(request, to: targets, agent: agent)
        var changed = try applied(report)
        if changed.commit == nil { try vault.applyUntilStable() }
        let paths = Set(targets.map(\.path))
        try addWaiting(to: &changed, of: paths.contains)
        return WriteReport(commit: changed.commit, files: files, waiting: changed.waiting)
    }

    /// Refuses to write over what stands in the folder and no capture could take in: nobody names
    /// that by a commit's blob, or as nothing.
    private func refuseUncaptured(_ target: WritablePlaces.Place) throws {
        guard let folder = vault.folders.first(where: { $0.id == target.folder }) else { return }
        let row = try vault.store.file(folder.id, target.local)
        var words = "is another version"
        do throws(FolderError) {
            guard let stat = try folder.access.stat(target.local), stat.kind != .directory,
                try folder.access.read(target.local).version != row?.version
            else { return }
        } catch {
            if error.code == .notFound { return }
            guard let reason = error.code.reason else { throw error }
            words = "is held back (\(reason.rawValue))"
        }
        throw ChangeRefusal(
            .moved, "what stands at \(target.path) is in no commit yet: it \(words)")
    }
}
