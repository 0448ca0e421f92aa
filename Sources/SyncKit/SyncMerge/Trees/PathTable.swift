internal import SyncModel

/// The changed paths of both sides in one table, renames followed.
struct PathTable {
    /// Where a side's version stands in its own commit: a followed rename moves the row, not this.
    struct Origin: Hashable {
        let commit: ObjectID
        let path: TreePath
    }

    /// What one side has at a path.
    struct Side {
        var version: FileVersion?
        var origin: Origin
    }

    /// What stands at a path in the base and on both sides.
    struct Row {
        /// Where the base has the file: elsewhere when both sides renamed it.
        let old: TreePath
        /// What commits of either side call the file, where several renamed it.
        var others: [TreePath] = []
        var base: FileVersion?
        var first: Side
        var second: Side

        /// All names that the file has or had.
        /// - Parameter path: the row's.
        func names(at path: TreePath) -> Set<TreePath> {
            [path, old, first.origin.path, second.origin.path]
        }

        /// The row without an empty directory of the base that is on no side any more: nobody
        /// edited or deleted a file there.
        fileprivate var withoutDirectoryBefore: Row {
            guard base?.isDirectory ?? false, !(first.version?.isDirectory ?? false),
                !(second.version?.isDirectory ?? false)
            else { return self }
            return Row(old: old, base: nil, first: first, second: second)
        }
    }

    var rows: [TreePath: Row] = [:]
    /// The base's versions of all paths that either side changed.
    private(set) var base: [TreePath: FileVersion?]
    let renames: (first: [TreePath: Rename], second: [TreePath: Rename])
    let sides: (first: ObjectID, second: ObjectID)
    /// The files, by their names in the base, about whose conflicts a side decided: that changes
    /// a file also where its bytes stay.
    var decided: (first: Set<TreePath>, second: Set<TreePath>) = ([], [])

    /// Joins both sides' changes against the same base.
    /// - Parameter renames: what each side renamed, by the name in the base.
    init(
        first: [TreeChange], second: [TreeChange], sides: (first: ObjectID, second: ObjectID),
        renames: (first: [TreePath: Rename], second: [TreePath: Rename])
    ) {
        self.sides = sides
        var base: [TreePath: FileVersion?] = [:]
        for change in first + second { base[change.path] = .some(change.before) }
        self.base = base
        self.renames = renames
        for change in first {
            rows[change.path] = Self.row(change.path, change.before, sides)
            rows[change.path]?.first.version = change.after
        }
        for change in second {
            if rows[change.path] == nil {
                rows[change.path] = Self.row(change.path, change.before, sides)
            }
            rows[change.path]?.second.version = change.after
        }
        rows = rows.mapValues(\.withoutDirectoryBefore)
    }

    /// Adds a path at which both sides have the base's version.
    mutating func add(_ path: TreePath, _ version: FileVersion) {
        base[path] = version
        rows[path] = Self.row(path, version, sides)
    }

    private static func row(
        _ path: TreePath, _ base: FileVersion?, _ sides: (first: ObjectID, second: ObjectID)
    ) -> Row {
        Row(
            old: path, base: base,
            first: Side(version: base, origin: Origin(commit: sides.first, path: path)),
            second: Side(version: base, origin: Origin(commit: sides.second, path: path)))
    }

    /// Renames of exactly equal content, one to one: a content that vanished from one path and
    /// appeared at one other. Empty files and directories are never followed: they are all alike.
    /// - Parameter byName: whether of several files of one content those are told apart whose own
    ///   names are the same: their directory was renamed.
    static func renames(_ changes: [TreeChange], byName: Bool) -> [TreePath: TreePath] {
        var gone: [ObjectID: [TreePath]] = [:]
        var come: [ObjectID: [TreePath]] = [:]
        for change in changes where !change.hasDirectory {
            if let before = change.before, change.after == nil, before.id != .emptyBlob {
                gone[before.id, default: []].append(change.path)
            } else if let after = change.after, change.before == nil, !isKept(change.path) {
                come[after.id, default: []].append(change.path)
            }
        }
        var result: [TreePath: TreePath] = [:]
        for (id, from) in gone {
            guard let to = come[id] else { continue }
            if from.count == 1 && to.count == 1 {
                result[from[0]] = to[0]
            } else if byName {
                result.merge(ofOneName(from, to)) { $1 }
            }
        }
        return result
    }

    /// Those of some paths whose own names are each that of one path alone on either side.
    private static func ofOneName(_ from: [TreePath], _ to: [TreePath]) -> [TreePath: TreePath] {
        let old = Dictionary(grouping: from) { Array($0.name) }
        let new = Dictionary(grouping: to) { Array($0.name) }
        var result: [TreePath: TreePath] = [:]
        for (name, paths) in old where paths.count == 1 {
            if let there = new[name], there.count == 1 { result[paths[0]] = there[0] }
        }
        return result
    }

    /// Whether a path is where versions are kept that conflicts name: no file is called that.
    static func isKept(_ path: TreePath) -> Bool {
        path.components.first.map { $0.elementsEqual(".sync".utf8) } ?? false
    }
}
