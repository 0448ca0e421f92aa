internal import SyncModel

/// Stands in for the moment between closing a damaged record and beginning another, so that the
/// damaged file has no second owner.
final class NoRecord: VaultRecord {
    private func none() -> RecordError { RecordError(.io, "use the record", "it is being rebuilt") }

    func file(_ folder: FolderID, _ path: TreePath) throws(RecordError) -> RecordedFile? {
        throw none()
    }
    func files(_ folder: FolderID, in directory: TreePath?) throws(RecordError) -> [RecordedFile] {
        throw none()
    }
    func directory(_ folder: FolderID, after directory: TreePath?) throws(RecordError)
        -> TreePath?
    { throw none() }
    func count(_ folder: FolderID) throws(RecordError) -> Int { throw none() }
    func deferred(_ folder: FolderID) throws(RecordError) -> [DeferredPath] { throw none() }
    func applied(_ folder: FolderID) throws(RecordError) -> ObjectID? { throw none() }
    func advance(_ folder: FolderID, _ changes: [RecordChange], applied: ObjectID?)
        throws(RecordError)
    { throw none() }
    func forget(_ folder: FolderID) throws(RecordError) { throw none() }
    func held(_ folder: FolderID) throws(RecordError) -> [HeldPath] { throw none() }
    func hold(_ folder: FolderID, _ path: TreePath, _ reason: HeldPath.Reason?)
        throws(RecordError)
    { throw none() }
    func fact(_ name: String) throws(RecordError) -> String? { throw none() }
    func setFact(_ name: String, _ value: String?) throws(RecordError) { throw none() }
    func addSettled(_ conflicts: [SettledConflict]) throws(RecordError) { throw none() }
    func settled() throws(RecordError) -> [SettledConflict] { throw none() }
    func pastVersion(_ number: Int64) throws(RecordError) -> ObjectID? { throw none() }
    func pastVersionCount() throws(RecordError) -> Int { throw none() }
    func addPastVersions(_ versions: [Int64: ObjectID]) throws(RecordError) { throw none() }
    func recent(limit: Int) throws(RecordError) -> [RecordedFile] { throw none() }
}
