package import SyncModel

/// A record in memory whose writes can be made to fail.
package final class CrashingRecord: VaultRecord {
    private let record: InMemoryRecord
    /// Called before each change; throws to simulate a crash.
    package var beforeWrite: (() throws(RecordError) -> Void)?

    /// An empty record.
    package convenience init() { self.init(InMemoryRecord()) }

    private init(_ record: InMemoryRecord) { self.record = record }

    /// The record as it stands, apart from this one: a backup.
    package func copy() -> CrashingRecord { CrashingRecord(record.copy()) }

    package func file(_ folder: FolderID, _ path: TreePath) throws(RecordError) -> RecordedFile? {
        try record.file(folder, path)
    }

    package func files(_ folder: FolderID, in directory: TreePath?) throws(RecordError)
        -> [RecordedFile]
    { try record.files(folder, in: directory) }

    package func directory(_ folder: FolderID, after directory: TreePath?) throws(RecordError)
        -> TreePath?
    { try record.directory(folder, after: directory) }

    package func count(_ folder: FolderID) throws(RecordError) -> Int { try record.count(folder) }

    package func deferred(_ folder: FolderID) throws(RecordError) -> [DeferredPath] {
        try record.deferred(folder)
    }

    package func applied(_ folder: FolderID) throws(RecordError) -> ObjectID? {
        try record.applied(folder)
    }

    package func advance(_ folder: FolderID, _ changes: [RecordChange], applied: ObjectID?)
        throws(RecordError)
    {
        try beforeWrite?()
        try record.advance(folder, changes, applied: applied)
    }

    package func forget(_ folder: FolderID) throws(RecordError) {
        try beforeWrite?()
        try record.forget(folder)
    }

    package func held(_ folder: FolderID) throws(RecordError) -> [HeldPath] {
        try record.held(folder)
    }

    package func hold(_ folder: FolderID, _ path: TreePath, _ reason: HeldPath.Reason?)
        throws(RecordError)
    { try record.hold(folder, path, reason) }

    package func fact(_ name: String) throws(RecordError) -> String? { try record.fact(name) }

    package func setFact(_ name: String, _ value: String?) throws(RecordError) {
        try beforeWrite?()
        try record.setFact(name, value)
    }

    package func addSettled(_ conflicts: [SettledConflict]) throws(RecordError) {
        try record.addSettled(conflicts)
    }

    package func settled() throws(RecordError) -> [SettledConflict] { try record.settled() }

    package func pastVersion(_ number: Int64) throws(RecordError) -> ObjectID? {
        try record.pastVersion(number)
    }

    package func pastVersionCount() throws(RecordError) -> Int { try record.pastVersionCount() }

    package func addPastVersions(_ versions: [Int64: ObjectID]) throws(RecordError) {
        try beforeWrite?()
        try record.addPastVersions(versions)
    }

    package func recent(limit: Int) throws(RecordError) -> [RecordedFile] {
        try record.recent(limit: limit)
    }
}
