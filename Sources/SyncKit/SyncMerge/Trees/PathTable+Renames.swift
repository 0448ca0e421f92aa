internal import SyncModel

/// Files that a side renamed and the other edited or renamed too are one file each: both versions
/// land at one name, with the base's version between them.
extension PathTable {
    /// Takes away what one side only renamed and the other deleted: the deletion follows the
    /// rename, as an edit does. Only what a commit of the side renamed: another file may have come
    /// with the same content.
    mutating func followDeletions() {
        for (old, rename) in renames.first
        where renames.second[old] == nil && isDeleted(old, \.second, renamed: rename, \.first) {
            rows[rename.name]?.first.version = nil
        }
        for (old, rename) in renames.second
        where renames.first[old] == nil && isDeleted(old, \.first, renamed: rename, \.second) {
            rows[rename.name]?.second.version = nil
        }
    }

    /// Whether a file that one side renamed and left as it was is not there on the other.
    private func isDeleted(
        _ old: TreePath, _ other: KeyPath<Row, Side>, renamed rename: Rename,
        _ side: KeyPath<Row, Side>
    ) -> Bool {
        guard rename.commit != nil, let row = rows[old], let base = row.base else { return false }
        return row[keyPath: other].version == nil
            && rows[rename.name]?[keyPath: side].version == base
    }

    /// One such file.
    private struct Moved {
        let old: TreePath
        /// What each side calls it.
        let first: TreePath
        let second: TreePath
        /// The one of the two that it lands at.
        let name: TreePath
    }

    /// Lands every such file, unless that would take a version away: where another file has its
    /// name both stay where their sides have them.
    mutating func followRenames(stamps: CommitStamps) throws(RepositoryError) {
        var moved = try movedOnBothSides(stamps)
        while true {
            let lifted = lifting(moved)
            let names = Dictionary(grouping: moved, by: \.name)
            let isFree = { (file: Moved) in
                names[file.name]?.count == 1 && lifted[file.name]?.first.version == nil
                    && lifted[file.name]?.second.version == nil
            }
            let landing = moved.filter { isFree($0) || meeting($0) != nil }
            if landing.count == moved.count {
                let before = self
                rows = lifted
                for file in moved {
                    if isFree(file) { land(file, from: before) } else { meet(file, from: before) }
                }
                return
            }
            // What cannot land keeps its names, and so may be in the way of others.
            moved = landing
        }
    }

    /// The files that a side renamed and the other renamed or changed, and those that one renamed
    /// and changed and the other deleted.
    private func movedOnBothSides(_ stamps: CommitStamps) throws(RepositoryError) -> [Moved] {
        var moved: [Moved] = []
        for old in Set(renames.first.keys).union(renames.second.keys).sorted() {
            let (first, second) = (renames.first[old], renames.second[old])
            let names = (first: first?.name ?? old, second: second?.name ?? old)
            guard let base = rows[old]?.base, let one = rows[names.first]?.first.version,
                let other = rows[names.second]?.second.version
            else {
                if let file = editedAgainstDeletion(old, names) { moved.append(file) }
                continue
            }
            guard first != nil || one != base || decided.first.contains(old),
                second != nil || other != base || decided.second.contains(old)
            else { continue }
            var name = first == nil ? names.second : names.first
            if let first, let second, first.name != second.name {
                let named = try stamp(of: first, at: sides.first, stamps)
                name = try named > stamp(of: second, at: sides.second, stamps) ? name : names.second
            }
            moved.append(Moved(old: old, first: names.first, second: names.second, name: name))
        }
        return moved
    }

    /// A file that one side renamed and changed, and the other deleted.
    private func editedAgainstDeletion(
        _ old: TreePath, _ names: (first: TreePath, second: TreePath)
    ) -> Moved? {
        guard let row = rows[old], let base = row.base else { return nil }
        let (one, other) = (rows[names.first]?.first.version, rows[names.second]?.second.version)
        let isFirst = names.first != old && names.second == old && row.second.version == nil
        let isSecond = names.second != old && names.first == old && row.first.version == nil
        guard isFirst && one != nil && one != base || isSecond && other != nil && other != base
        else { return nil }
        return Moved(
            old: old, first: names.first, second: names.second,
            name: isFirst ? names.first : names.second)
    }

    /// When a name was given, and by whom.
    private func stamp(of rename: Rename, at side: ObjectID, _ stamps: CommitStamps)
        throws(RepositoryError) -> VersionStamp
    {
        if let commit = rename.commit { return try stamps.stamp(of: commit) }
        return try stamps.origin(of: rename.name, at: side)
    }

    /// The table without some files.
    private func lifting(_ moved: [Moved]) -> [TreePath: Row] {
        var rows = rows
        for file in moved {
            rows[file.first]?.first.version = nil
            rows[file.second]?.second.version = nil
        }
        return rows
    }

    /// Both versions land at the file's name.
    private mutating func land(_ file: Moved, from before: PathTable) {
        guard let first = before.rows[file.first]?.first,
            let second = before.rows[file.second]?.second
        else { return }
        let given = [renames.first[file.old], renames.second[file.old]].compactMap(\.self)
        rows[file.name] = Row(
            old: file.old, others: given.flatMap { $0.others + [$0.name] },
            base: before.rows[file.old]?.base, first: first, second: second)
    }

    /// The version that stands for both sides where another file has the name on the side that
    /// did not give it: the one that was changed; nil where both were.
    private func meeting(_ file: Moved) -> Side? {
        guard let first = rows[file.first]?.first, let second = rows[file.second]?.second else {
            return nil
        }
        let base = rows[file.old]?.base
        if first.version == base { return second }
        return second.version == base ? first : nil
    }

    /// Two files meet at one name: this one stands for the side that gave it the name.
    private mutating func meet(_ file: Moved, from before: PathTable) {
        guard let standing = before.meeting(file) else { return }
        if file.first == file.name {
            rows[file.name]?.first = standing
        } else {
            rows[file.name]?.second = standing
        }
    }
}
