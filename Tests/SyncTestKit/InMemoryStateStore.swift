package import SyncModel

/// A record in dictionaries: for the simulation, and as the plain model of what a record is.
/// It never fails, and a copy costs nothing until one of the two changes.
package final class InMemoryStateStore: StateStore {
    private struct Row {
        let file: TrackedFile
        let change: Int
    }

    private struct Folder {
        /// By directory (empty: the root), then by path.
        var files: [[UInt8]: [TreePath: Row]] = [:]
        var count = 0
        var notes: [TreePath: ObjectID] = [:]
        var parked: [TreePath: ObjectID] = [:]
        var quarantined: [TreePath: QuarantinedPath.Reason] = [:]
        var applied: ObjectID?

        func row(_ path: TreePath) -> Row? { files[path.parent?.bytes ?? []]?[path] }

        /// The file as a reader sees it: its base is what the note says.
        func noted(_ row: Row) -> TrackedFile {
            let file = row.file
            let base = notes[file.path]
            if base == file.base { return file }
            return TrackedFile(
                path: file.path, version: file.version, stat: file.stat, checked: file.checked,
                sha256: file.sha256, source: file.source, base: base)
        }
    }

    private struct State {
        var folders: [FolderID: Folder] = [:]
        var facts: [String: String] = [:]
        var resolved: [ResolvedConflict] = []
        var pastVersions: [Int64: ObjectID] = [:]
        var lastChange = 0
    }

    private var state: State

    /// Begins an empty record.
    package init() { state = State() }

    private init(_ state: State) { self.state = state }

    /// The record as it stands, apart from this one: what a crash leaves.
    package func copy() -> InMemoryStateStore { InMemoryStateStore(state) }

    package func file(
        _ folder: FolderID, _ path: TreePath
    ) throws(StateStoreError) -> TrackedFile? {
        guard let known = state.folders[folder] else { return nil }
        return known.row(path).map(known.noted)
    }

    package func files(
        _ folder: FolderID, in directory: TreePath?
    ) throws(StateStoreError) -> [TrackedFile] {
        guard let known = state.folders[folder] else { return [] }
        return (known.files[directory?.bytes ?? []] ?? [:]).values.map(known.noted)
            .sorted { $0.path < $1.path }
    }

    package func directory(
        _ folder: FolderID, after directory: TreePath?, below place: TreePath?
    ) throws(StateStoreError) -> TreePath? {
        let start = Self.start(after: directory, below: place)
        return state.folders[folder]?.files.keys
            .filter { start.lexicographicallyPrecedes($0) }
            .min { $0.lexicographicallyPrecedes($1) }
            .flatMap { TreePath($0) }
            .flatMap { next in place.map { next.isAtOrBelow($0) } ?? true ? next : nil }
    }

    package func paths(
        _ folder: FolderID, named name: [UInt8]
    ) throws(StateStoreError) -> [TreePath] {
        (state.folders[folder]?.files.values.flatMap(\.keys) ?? [])
            .filter { $0.name.elementsEqual(name) }.sorted()
    }

    package func count(_ folder: FolderID) throws(StateStoreError) -> Int {
        state.folders[folder]?.count ?? 0
    }

    package func deferred(_ folder: FolderID) throws(StateStoreError) -> [DeferredPath] {
        (state.folders[folder]?.notes ?? [:]).map { DeferredPath(path: $0, base: $1) }
            .sorted { $0.path < $1.path }
    }

    package func parked(_ folder: FolderID) throws(StateStoreError) -> [DeferredPath] {
        (state.folders[folder]?.parked ?? [:]).map { DeferredPath(path: $0, base: $1) }
            .sorted { $0.path < $1.path }
    }

    package func parkedBase(
        _ folder: FolderID, at path: TreePath
    ) throws(StateStoreError) -> ObjectID? { state.folders[folder]?.parked[path] }

    package func parkedBases(
        _ folder: FolderID, below place: TreePath?
    ) throws(StateStoreError) -> Set<ObjectID> {
        let parked = state.folders[folder]?.parked ?? [:]
        guard let place else { return Set(parked.values) }
        return Set(parked.filter { $0.key != place && $0.key.isAtOrBelow(place) }.values)
    }

    package func applied(_ folder: FolderID) throws(StateStoreError) -> ObjectID? {
        state.folders[folder]?.applied
    }

    package func advance(
        _ folder: FolderID, _ changes: [StateChange], applied: ObjectID?
    ) throws(StateStoreError) {
        var known = state.folders.removeValue(forKey: folder) ?? Folder()
        for change in changes {
            switch change {
            case .put(let file):
                state.lastChange += 1
                let row = Row(file: file, change: state.lastChange)
                let old = known.files[file.path.parent?.bytes ?? [], default: [:]]
                    .updateValue(row, forKey: file.path)
                known.count += Self.size(row) - Self.size(old)
                (known.notes[file.path], known.parked[file.path]) = (file.base, nil)
            case .remove(let path):
                let directory = path.parent?.bytes ?? []
                known.count -= Self.size(known.files[directory]?.removeValue(forKey: path))
                if known.files[directory]?.isEmpty == true { known.files[directory] = nil }
            case .deferUpdate(let path, let base):
                (known.notes[path], known.parked[path]) = (base, nil)
            case .park(let path, let base):
                (known.notes[path], known.parked[path]) = (nil, base)
            case .clearDeferral(let path):
                (known.notes[path], known.parked[path]) = (nil, nil)
            case .fact(let name, let value): state.facts[name] = value
            }
        }
        known.applied = applied ?? known.applied
        state.folders[folder] = known
    }

    private static func size(_ row: Row?) -> Int {
        row.map { $0.file.version.isDirectory ? 0 : 1 } ?? 0
    }

    package func forget(_ folder: FolderID) throws(StateStoreError) {
        state.folders[folder] = nil
    }

    package func quarantined(_ folder: FolderID) throws(StateStoreError) -> [QuarantinedPath] {
        (state.folders[folder]?.quarantined ?? [:])
            .map { QuarantinedPath(path: folder?.appending($0) ?? $0, reason: $1) }
            .sorted { $0.path < $1.path }
    }

    package func quarantine(
        _ folder: FolderID, _ path: TreePath, _ reason: QuarantinedPath.Reason?
    ) throws(StateStoreError) {
        state.folders[folder, default: Folder()].quarantined[path] = reason
    }

    package func fact(_ name: String) throws(StateStoreError) -> String? { state.facts[name] }

    package func setFact(_ name: String, _ value: String?) throws(StateStoreError) {
        state.facts[name] = value
    }

    package func addResolved(_ conflicts: [ResolvedConflict]) throws(StateStoreError) {
        state.resolved = (state.resolved + conflicts).suffix(Limits.resolvedConflicts)
    }

    package func resolved() throws(StateStoreError) -> [ResolvedConflict] {
        state.resolved.reversed()
    }

    package func pastVersion(_ number: Int64) throws(StateStoreError) -> ObjectID? {
        state.pastVersions[number]
    }

    package func pastVersionCount() throws(StateStoreError) -> Int { state.pastVersions.count }

    package func addPastVersions(_ versions: [Int64: ObjectID]) throws(StateStoreError) {
        state.pastVersions.merge(versions) { $1 }
    }

    package func recent(limit: Int) throws(StateStoreError) -> [TrackedFile] {
        var rows: [(change: Int, file: TrackedFile)] = []
        for (folder, known) in state.folders {
            for row in known.files.values.joined().map(\.value) where Self.size(row) > 0 {
                let file = known.noted(row)
                rows.append((row.change, folder.map { file.moved(below: $0) } ?? file))
            }
        }
        return rows.sorted { $0.change > $1.change }.prefix(max(0, limit)).map(\.file)
    }
}

extension TrackedFile {
    /// The same file with its path below a folder's prefix.
    fileprivate func moved(below prefix: TreePath) -> TrackedFile {
        TrackedFile(
            path: prefix.appending(path), version: version, stat: stat, checked: checked,
            sha256: sha256, source: source, base: base)
    }
}
