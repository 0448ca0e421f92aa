package import SyncModel

/// A record in memory whose writes can be made to fail.
package final class CrashingStateStore: StateStore {
    private let store: InMemoryStateStore
    /// Called before each change; throws to simulate a crash.
    package var beforeWrite: (() throws(StateStoreError) -> Void)?
    /// Whether it turned out to be damaged: nothing can be read from it any more, nor written.
    package var isDamaged = false

    /// How often it was asked for something.
    package private(set) var reads = 0

    private func reading() throws(StateStoreError) -> InMemoryStateStore {
        reads += 1
        if isDamaged { throw StateStoreError(.corrupt, "read", "it is damaged") }
        return store
    }

    private func write() throws(StateStoreError) {
        if isDamaged { throw StateStoreError(.corrupt, "write", "it is damaged") }
        try beforeWrite?()
    }

    /// An empty record.
    package convenience init() { self.init(InMemoryStateStore()) }

    private init(_ store: InMemoryStateStore) { self.store = store }

    /// The record as it stands, apart from this one: a backup.
    package func copy() -> CrashingStateStore { CrashingStateStore(store.copy()) }

    package func file(_ folder: FolderID, _ path: TreePath) throws(StateStoreError) -> TrackedFile?
    {
        try reading().file(folder, path)
    }

    package func files(_ folder: FolderID, in directory: TreePath?) throws(StateStoreError)
        -> [TrackedFile]
    { try reading().files(folder, in: directory) }

    package func directory(
        _ folder: FolderID, after directory: TreePath?, below place: TreePath?
    ) throws(StateStoreError) -> TreePath? {
        try reading().directory(folder, after: directory, below: place)
    }

    package func paths(_ folder: FolderID, named name: [UInt8]) throws(StateStoreError)
        -> [TreePath]
    { try store.paths(folder, named: name) }

    package func count(_ folder: FolderID) throws(StateStoreError) -> Int {
        try reading().count(folder)
    }

    package func deferred(_ folder: FolderID) throws(StateStoreError) -> [DeferredPath] {
        try reading().deferred(folder)
    }

    package func parked(_ folder: FolderID) throws(StateStoreError) -> [DeferredPath] {
        try reading().parked(folder)
    }

    package func parkedBase(
        _ folder: FolderID, at path: TreePath
    ) throws(StateStoreError) -> ObjectID? { try reading().parkedBase(folder, at: path) }

    package func parkedBases(
        _ folder: FolderID, below place: TreePath?
    ) throws(StateStoreError) -> Set<ObjectID> { try reading().parkedBases(folder, below: place) }

    package func applied(_ folder: FolderID) throws(StateStoreError) -> ObjectID? {
        try reading().applied(folder)
    }

    package func advance(_ folder: FolderID, _ changes: [StateChange], applied: ObjectID?)
        throws(StateStoreError)
    {
        try write()
        try reading().advance(folder, changes, applied: applied)
    }

    package func forget(_ folder: FolderID) throws(StateStoreError) {
        try write()
        try reading().forget(folder)
    }

    package func quarantined(_ folder: FolderID) throws(StateStoreError) -> [QuarantinedPath] {
        try reading().quarantined(folder)
    }

    package func quarantine(_ folder: FolderID, _ path: TreePath, _ reason: QuarantinedPath.Reason?)
        throws(StateStoreError)
    { try reading().quarantine(folder, path, reason) }

    package func fact(_ name: String) throws(StateStoreError) -> String? {
        try reading().fact(name)
    }

    package func setFact(_ name: String, _ value: String?) throws(StateStoreError) {
        try write()
        try reading().setFact(name, value)
    }

    package func addResolved(_ conflicts: [ResolvedConflict]) throws(StateStoreError) {
        try reading().addResolved(conflicts)
    }

    package func resolved() throws(StateStoreError) -> [ResolvedConflict] {
        try reading().resolved()
    }

    package func pastVersion(_ number: Int64) throws(StateStoreError) -> ObjectID? {
        try reading().pastVersion(number)
    }

    package func pastVersionCount() throws(StateStoreError) -> Int {
        try reading().pastVersionCount()
    }

    package func addPastVersions(_ versions: [Int64: ObjectID]) throws(StateStoreError) {
        try write()
        try reading().addPastVersions(versions)
    }

    package func recent(limit: Int) throws(StateStoreError) -> [TrackedFile] {
        try reading().recent(limit: limit)
    }
}
