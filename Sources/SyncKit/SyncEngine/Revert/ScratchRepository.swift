internal import SyncMerge
internal import SyncModel

/// A repository to try a change out in: what is made stands in memory, all else is read from the
/// one below. It goes with the value; nothing of it lasts.
final class ScratchRepository: ObjectRepository {
    private let below: any ObjectRepository
    private var made: [ObjectID: StoredObject] = [:]
    /// How large the blobs are of which less is kept.
    private var sizes: [ObjectID: Int] = [:]
    /// How many bytes of content stand in memory.
    private(set) var bytes = 0

    init(over below: any ObjectRepository) { self.below = below }

    /// The content of a blob that was made here and is not below; nil for any other.
    func madeBlob(_ id: ObjectID) -> [UInt8]? {
        made[id].flatMap { $0.kind == .blob ? $0.content : nil }
    }

    /// Adds a blob that is compared and never written. What is no text is compared by its size
    /// alone, so that its beginning is kept, which says that it is none.
    /// - Returns: how many bytes are kept.
    func addShown(_ content: [UInt8]) throws(RepositoryError) -> Int {
        let id = ObjectID(hashing: content, as: .blob)
        let start = content.prefix(Limits.shownBytes)
        let kept = start.contains(0) ? Array(start) : content
        if made.updateValue(StoredObject(kind: .blob, content: kept), forKey: id) == nil {
            sizes[id] = content.count
            bytes += kept.count
        }
        return kept.count
    }

    /// Forgets all that was made but what a tree has that another, which is below, has not, and
    /// what the records of its conflicts name.
    func forgetAll(but tree: ObjectID, over old: ObjectID) throws {
        var versions: [TreePath: FileVersion?] = [:]
        let sink = Sink(into: self)
        var kept: [ObjectID: StoredObject] = [:]
        for change in try TreeDiff.changes(from: old, to: tree, reading: self) {
            versions.updateValue(change.after, forKey: change.path)
            if let id = change.after?.id, let object = made[id] { kept[id] = object }
        }
        for record in try ConflictList(of: tree, all: true, reading: self).records {
            for id in record.namedBlobs { kept[id] = made[id] }
        }
        let before = made
        made = kept
        let again = try TreeEdit.apply(versions, to: old, reading: self, writing: sink)
        guard again == tree else {
            made = before
            return
        }
        bytes = made.values.reduce(0) { $0 + $1.content.count }
        try sink.finish()
    }

    func object(_ id: ObjectID) throws(RepositoryError) -> StoredObject {
        if let object = made[id] { return object }
        return try below.object(id)
    }

    func header(_ id: ObjectID) throws(RepositoryError) -> (kind: ObjectKind, size: Int) {
        if let object = made[id] { return (object.kind, sizes[id] ?? object.content.count) }
        return try below.header(id)
    }

    func tree(_ id: ObjectID) throws(RepositoryError) -> Tree {
        guard let object = made[id] else { return try below.tree(id) }
        do { return try Tree(parsing: object.content) } catch {
            throw RepositoryError(.corrupt, "read tree", object: id, "\(error)")
        }
    }

    func contains(_ id: ObjectID) -> Bool { made[id] != nil || below.contains(id) }

    func beginPack() throws(RepositoryError) -> any PackSink { Sink(into: self) }

    func reference(_ name: String) throws(RepositoryError) -> ObjectID? {
        try below.reference(name)
    }

    func references(_ prefix: String) throws(RepositoryError) -> [(name: String, id: ObjectID)] {
        try below.references(prefix)
    }

    func setReference(_ name: String, to id: ObjectID?, expecting expected: ObjectID?)
        throws(RepositoryError)
    {
        throw RepositoryError(.readOnly, "move \(name)", "nothing moves in a trial")
    }

    func prepareReference(
        _ name: String, to id: ObjectID, expecting expected: ObjectID?
    ) -> (any PreparedReference)? { nil }

    private final class Sink: PackSink {
        private let repository: ScratchRepository
        private var added: [ObjectID: StoredObject] = [:]

        init(into repository: ScratchRepository) { self.repository = repository }

        func add(_ kind: ObjectKind, _ content: [UInt8]) throws(RepositoryError) -> ObjectID {
            let id = ObjectID(hashing: content, as: kind)
            if !repository.contains(id) { added[id] = StoredObject(kind: kind, content: content) }
            return id
        }

        func finish() throws(RepositoryError) {
            for (id, object) in added {
                repository.made[id] = object
                repository.bytes += object.content.count
            }
            added = [:]
        }
    }
}
