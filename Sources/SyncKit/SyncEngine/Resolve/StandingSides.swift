internal import SyncMerge
internal import SyncModel

/// What stands on the sides of a tree's open conflicts by now: what somebody made of a text between
/// the markers, or of a version where it is kept. That is what resolving takes.
struct StandingSides {
    private let tree: ObjectID?
    private let reader: any ObjectReader
    /// How many conflicts a file has.
    private let counts: [TreePath: Int]

    /// - Parameter records: all that are open in the tree.
    init(of tree: ObjectID?, _ records: [ConflictRecord], reading reader: any ObjectReader) {
        (self.tree, self.reader) = (tree, reader)
        counts = Dictionary(records.map { ($0.path, 1) }, uniquingKeysWith: +)
    }

    /// A conflict as it stands; as it was recorded where what stands there cannot be read.
    func record(_ record: ConflictRecord) throws(RepositoryError) -> ConflictRecord {
        do throws(RepositoryError) { return try read(record) } catch {
            // What was thinned can be had.
            if error.code == .thinned { throw error }
            return record
        }
    }

    private func read(_ record: ConflictRecord) throws(RepositoryError) -> ConflictRecord {
        if record.isText {
            guard let here = try TreeDiff.file(at: record.path, of: tree, reading: reader) else {
                return record
            }
            let content = try reader.blob(here.id)
            let rule = try TypeRules(of: tree, for: record.path, reading: reader)
                .type(of: record.path, content: content).rule
            return try record.standing(in: content, as: rule, reading: reader)
        }
        var standing = record
        for (index, side) in record.sides.enumerated() {
            guard let blob = side.blob, let edited = try edited(blob, of: record) else { continue }
            standing.setSide(index, edited.id)
        }
        return standing
    }

    /// What was made of a side since, where it stood; nil where it stands there still, or what
    /// stands there may be another version's.
    func edited(_ blob: ObjectID, of record: ConflictRecord) throws(RepositoryError)
        -> FileVersion?
    {
        let copies = ConflictCopy.paths(for: record.named, blob: blob)
        let copy = record.copy.flatMap { copies.contains($0) ? $0 : nil }
        // What somebody wants deleted is what has the name, be it in another conflict or not.
        let hasName = record.kind == .deleteModify
        if copy == nil, !hasName, record.copy == nil || counts[record.path, default: 0] > 1 {
            return nil
        }
        let place = copy ?? record.path
        guard let here = try TreeDiff.version(at: place, of: tree, reading: reader),
            !record.sides.contains(where: { $0.blob == here.id })
        else { return nil }
        if here.mode.isFile { return here }
        guard here.mode == .symbolicLink else { return nil }
        // A link is made of a link; in a file's place it is another thing.
        let maker = record.sides.first { $0.blob == blob }?.stamp.commit
        return try made(blob, in: maker, of: record)?.mode == .symbolicLink ? here : nil
    }

    /// A side as it stood in the commit that made it: a link, or a file. Nil where nobody knows.
    func made(_ blob: ObjectID, in commit: ObjectID?, of record: ConflictRecord)
        throws(RepositoryError) -> FileVersion?
    {
        guard let commit, reader.contains(commit) else { return nil }
        let tree = try reader.commit(commit).tree
        for path in [record.path, record.named] {
            let version = try TreeDiff.version(at: path, of: tree, reading: reader)
            if let version, version.id == blob { return version }
        }
        return nil
    }
}
