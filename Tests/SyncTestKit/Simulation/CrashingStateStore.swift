package import SyncModel

/// A record in memory whose writes can be made to fail.
package final class CrashingStateStore: StateStore {
    private let store: InMemoryStateStore
    /// Called before each change; throws to simulate a crash.
    package var beforeWrite: (() throws(StateStoreError) -> Void)?

    /// An empty record.
    package convenience init() { self.init(InMemoryStateStore()) }

    private init(_ store: InMemoryStateStore) { self.store = store }

    /// The record as it stands, apart from this one: a backup.
    package func copy() -> CrashingStateStore { CrashingStateStore(store.copy()) }

    package func file(_ folder: FolderID, _ path: TreePath) throws(StateStoreError) -> TrackedFile?
    {
        try store.file(folder, path)
    }

    package func files(_ folder: FolderID, in directory: TreePath?) throws(StateStoreError)
        -> [TrackedFile]
    { try store.files(folder, in: directory) }

    package func directory(_ folder: FolderID, after directory: TreePath?) throws(StateStoreError)
        -> TreePath?
    { try store.directory(folder, after: directory) }

    package func paths(_ folder: FolderID, named name: [UInt8]) throws(StateStoreError)
        -> [TreePath]
    { try store.paths(folder, named: name) }

    package func count(_ folder: FolderID) throws(StateStoreError) -> Int {
        try store.count(folder)
    }

    package func deferred(_ folder: FolderID) throws(StateStoreError) -> [DeferredPath] {
        try store.deferred(folder)
    }

    package func applied(_ folder: FolderID) throws(StateStoreError) -> ObjectID? {
        try store.applied(folder)
    }

    package func advance(_ folder: FolderID, _ changes: [StateChange], applied: ObjectID?)
        throws(StateStoreError)
    {
        try beforeWrite?()
        try store.advance(folder, changes, applied: applied)
    }

    package func forget(_ folder: FolderID) throws(StateStoreError) {
        try beforeWrite?()
        try store.forget(folder)
    }

    package func quarantined(_ folder: FolderID) throws(StateStoreError) -> [QuarantinedPath] {
        try store.quarantined(folder)
    }

    package func quarantine(_ folder: FolderID, _ path: TreePath, _ reason: QuarantinedPath.Reason?)
        throws(StateStoreError)
    { try store.quarantine(folder, path, reason) }

    package func fact(_ name: String) throws(StateStoreError) -> String? { try store.fact(name) }

    package func setFact(_ name: String, _ value: String?) throws(StateStoreError) {
        try beforeWrite?()
        try store.setFact(name, value)
    }

    package func addResolved(_ conflicts: [ResolvedConflict]) throws(StateStoreError) {
        try store.addResolved(conflicts)
    }

    package func resolved() throws(StateStoreError) -> [ResolvedConflict] { try store.resolved() }

    package func pastVersion(_ number: Int64) throws(StateStoreError) -> ObjectID? {
        try store.pastVersion(number)
    }

    package func pastVersionCount() throws(StateStoreError) -> Int { try store.pastVersionCount() }

    package func addPastVersions(_ versions: [Int64: ObjectID]) throws(StateStoreError) {
        try beforeWrite?()
        try store.addPastVersions(versions)
    }

    package func recent(limit: Int) throws(StateStoreError) -> [TrackedFile] {
        try store.recent(limit: limit)
    }
}
