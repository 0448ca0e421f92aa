internal import SyncModel

/// The parts between the head and the remote.
package final class RemoteSide {
    /// What the repository says the folders hold.
    let applied: AppliedReference
    /// Around everything that parses what the remote has.
    package let intake: IntakeGuard
    /// Whether others' commits may come in.
    package let incoming: IncomingVerification
    /// The remote as last seen, and what it became.
    package let tracker: RemoteTracker
    /// What goes out.
    package let publisher: Publisher
    /// The list of open conflicts.
    let conflicts: OpenConflicts
    /// The versions that rules set aside.
    let losses: ResolvedLosses
    /// Joins histories.
    package let integrator: Integrator
    /// Takes changes over to a history that they were not made in.
    let transplanter: Transplanter

    init(
        _ link: (any RemoteLink)?, _ branch: Branch, _ repository: any ObjectRepository,
        _ store: any StateStore, _ clock: any WallClock, folders: [VaultFolder],
        writer: CommitWriter, brake: Brake
    ) {
        applied = AppliedReference(device: writer.device, of: repository, store)
        intake = IntakeGuard(brake, branch, repository, clock)
        incoming = IncomingVerification(branch, repository, store)
        tracker = RemoteTracker(
            link, branch, applied, intake, repository: repository, store: store, clock: clock)
        publisher = Publisher(
            tracker, branch, applied, device: writer.device, folders: folders,
            repository: repository, store: store)
        conflicts = OpenConflicts(repository)
        losses = ResolvedLosses(device: writer.device, repository, store)
        integrator = Integrator(
            branch, repository, store, folders, conflicts, losses, device: writer.device)
        transplanter = Transplanter(
            repository: repository, writer: writer, integrator: integrator, losses: losses)
    }
}
