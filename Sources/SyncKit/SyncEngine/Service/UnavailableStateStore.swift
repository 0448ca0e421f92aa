internal import SyncModel

/// Stands in from closing a damaged record until another was begun, so that the damaged file has no
/// second owner. Whoever meets it meets the damage: another is begun then.
final class UnavailableStateStore: StateStore {
    private let cause: String

    /// - Parameter cause: what is wrong with the one that it stands in for.
    init(_ cause: String) { self.cause = cause }

    private func none() -> StateStoreError {
        StateStoreError(.corrupt, "use the state store", cause)
    }

    func file(_ folder: FolderID, _ path: TreePath) throws(StateStoreError) -> TrackedFile? {
        throw none()
    }
    func files(_ folder: FolderID, in directory: TreePath?) throws(StateStoreError) -> [TrackedFile]
    {
        throw none()
    }
    func directory(
        _ folder: FolderID, after directory: TreePath?, below place: TreePath?
    ) throws(StateStoreError) -> TreePath? { throw none() }
    func paths(_ folder: FolderID, named name: [UInt8]) throws(StateStoreError) -> [TreePath] {
        throw none()
    }
    func count(_ folder: FolderID) throws(StateStoreError) -> Int { throw none() }
    func deferred(_ folder: FolderID) throws(StateStoreError) -> [DeferredPath] { throw none() }
    func parked(_ folder: FolderID) throws(StateStoreError) -> [DeferredPath] { throw none() }
    func parkedBase(_ folder: FolderID, at path: TreePath) throws(StateStoreError) -> ObjectID? {
        throw none()
    }
    func parkedBases(
        _ folder: FolderID, below place: TreePath?
    ) throws(StateStoreError) -> Set<ObjectID> { throw none() }
    func applied(_ folder: FolderID) throws(StateStoreError) -> ObjectID? { throw none() }
    func advance(_ folder: FolderID, _ changes: [StateChange], applied: ObjectID?)
        throws(StateStoreError)
    { throw none() }
    func forget(_ folder: FolderID) throws(StateStoreError) { throw none() }
    func quarantined(_ folder: FolderID) throws(StateStoreError) -> [QuarantinedPath] {
        throw none()
    }
    func quarantine(_ folder: FolderID, _ path: TreePath, _ reason: QuarantinedPath.Reason?)
        throws(StateStoreError)
    { throw none() }
    func fact(_ name: String) throws(StateStoreError) -> String? { throw none() }
    func setFact(_ name: String, _ value: String?) throws(StateStoreError) { throw none() }
    func addResolved(_ conflicts: [ResolvedConflict]) throws(StateStoreError) { throw none() }
    func resolved() throws(StateStoreError) -> [ResolvedConflict] { throw none() }
    func pastVersion(_ number: Int64) throws(StateStoreError) -> ObjectID? { throw none() }
    func pastVersionCount() throws(StateStoreError) -> Int { throw none() }
    func addPastVersions(_ versions: [Int64: ObjectID]) throws(StateStoreError) { throw none() }
    func recent(limit: Int) throws(StateStoreError) -> [TrackedFile] { throw none() }
}
