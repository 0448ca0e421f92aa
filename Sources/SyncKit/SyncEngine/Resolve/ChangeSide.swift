internal import SyncModel

/// The parts that make what somebody asks for: each ends in one commit over the head, which is
/// applied to the folders like another device's.
final class ChangeSide {
    /// Conflicts resolved, versions brought back, types set.
    let requests: RequestedChanges
    /// What stands in the history, taken back.
    let reversals: Reversals
    /// Files written.
    let writes: RequestedWrites
    /// What a rewritten remote shall be.
    let remoteChoice: RemoteChoice

    init(
        _ repository: any ObjectRepository, _ store: any StateStore, _ clock: any WallClock,
        folders: [VaultFolder], branch: Branch, writer: CommitWriter, remote: RemoteSide,
        gate: CaptureGate
    ) {
        let places = WritablePlaces(folders: folders)
        let commits = ChangeCommits(repository, branch, writer, places: places, gate: gate)
        requests = RequestedChanges(
            repository, store, clock, places, branch: branch, conflicts: remote.conflicts,
            commits: commits)
        reversals = Reversals(
            repository, clock, branch: branch, writer: writer, commits: commits)
        writes = RequestedWrites(repository, places, branch: branch, commits: commits)
        remoteChoice = RemoteChoice(
            tracker: remote.tracker, branch: branch, repository: repository, store: store,
            writer: writer, integrator: remote.integrator, transplanter: remote.transplanter,
            losses: remote.losses, places: places)
    }
}
