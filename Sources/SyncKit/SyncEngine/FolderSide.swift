internal import SyncModel

/// The parts between the folders and the head.
package final class FolderSide {
    /// What has to be looked at again.
    package let rechecks = Rechecks()
    /// Files that the state store knows nothing of although the vault may.
    package let joining: Joining
    /// Asks the user's hook before a commit.
    package let gate: CaptureGate
    /// Writes this device's commits.
    package let writer: CommitWriter
    /// Brings into the head what the state store names.
    let recovery: HeadRecovery
    /// From the folders into commits.
    let capture: VaultCapture
    /// From the head into the folders.
    let apply: VaultApply

    init(
        _ repository: any ObjectRepository, _ store: any StateStore, _ clock: any WallClock,
        folders: [VaultFolder], branch: Branch, writer: CommitWriter, remote: RemoteSide,
        limit: DeletionLimit, work: WorkCount
    ) {
        self.writer = writer
        gate = CaptureGate(store)
        joining = Joining(
            repository, store, folders: folders, branch: branch, applied: remote.applied,
            tracker: remote.tracker, limit: limit, device: writer.device)
        recovery = HeadRecovery(
            repository, store, folders: folders, branch: branch,
            transplanter: remote.transplanter, rechecks: rechecks, joining: joining)
        let reader = FolderReader(
            repository, store, clock, branch: branch, rechecks: rechecks, work: work)
        capture = VaultCapture(
            folders, repository, branch: branch, rechecks: rechecks, joining: joining,
            recovery: recovery, reader: reader,
            folderCapture: FolderCapture(
                repository, store, clock, branch: branch, conflicts: remote.conflicts,
                applied: remote.applied, rechecks: rechecks, joining: joining, reader: reader,
                limit: limit, work: work),
            gate: gate,
            commits: CaptureCommits(
                repository, store, clock, folders: folders, branch: branch, writer: writer,
                transplanter: remote.transplanter, recovery: recovery, rechecks: rechecks),
            clock: clock)
        apply = VaultApply(
            repository, store, clock, folders: folders, branch: branch, device: writer.device,
            intake: remote.intake, applied: remote.applied, rechecks: rechecks,
            recovery: recovery, work: work)
    }
}
