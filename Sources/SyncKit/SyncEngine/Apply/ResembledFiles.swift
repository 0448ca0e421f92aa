internal import SyncMerge
internal import SyncModel

/// What in a folder a new file or directory comes in the place of: it is as private as that.
struct ResembledFiles {
    private let sameContent: [ObjectID: TreePath]
    private let oldNames: [TreePath: TreePath]

    init(_ plan: ApplyPlan, _ incoming: IncomingChanges?) {
        sameContent = plan.renamed
        oldNames = incoming?.oldNames ?? [:]
    }

    /// The file whose rights and attributes a new one has: what it was called before, or for a
    /// conflict copy the file beside which it stands.
    func source(of path: TreePath, _ id: ObjectID) -> TreePath? {
        if let old = renamed(path, id) { return old }
        guard let original = Self.original(of: path, id) else { return nil }
        return oldNames[original] ?? original
    }

    private func renamed(_ path: TreePath, _ id: ObjectID) -> TreePath? {
        oldNames[path] ?? sameContent[id]
    }

    /// The file whose conflict copy would have this name and content.
    private static func original(of copy: TreePath, _ id: ObjectID) -> TreePath? {
        let mark = Array(".conflict-\(id.hex.prefix(8))".utf8)
        let name = Array(copy.name)
        guard name.count > mark.count,
            let start = (1...(name.count - mark.count)).last(where: {
                name[$0...].starts(with: mark)
            })
        else { return nil }
        let rest = name[(start + mark.count)...]
        let dot = rest.firstIndex(of: 0x2e) ?? rest.endIndex
        let original = Array(name[..<start] + rest[dot...])
        let path = copy.parent.map { $0.appending(original) } ?? TreePath(original)
        return path.flatMap { ConflictCopy.paths(for: $0, blob: id).contains(copy) ? $0 : nil }
    }

    /// The directories that new files may come into under another name, each with those whose
    /// files come there.
    func directories(of steps: [ApplyStep]) -> [TreePath: Set<TreePath>] {
        var result: [TreePath: Set<TreePath>] = [:]
        for step in steps where step.have == nil {
            guard let want = step.want, let old = renamed(step.path, want.id) else { continue }
            var (new, before) = (step.path.parent, old.parent)
            while let place = new, let source = before, place != source {
                result[place, default: []].insert(source)
                (new, before) = (place.parent, source.parent)
            }
        }
        return result
    }
}
