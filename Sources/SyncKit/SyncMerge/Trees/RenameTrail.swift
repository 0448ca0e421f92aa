package import SyncModel

/// The last name that a side gave a file.
struct Rename {
    let name: TreePath
    /// The commit that gave it; nil where it is the one that the content is of.
    let commit: ObjectID?
    /// What other lines of the side's history call the file.
    var others: [TreePath] = []

    init(to name: TreePath, in commit: ObjectID? = nil) {
        (self.name, self.commit) = (name, commit)
    }
}

/// The renames of one side, followed commit by commit: a file that was renamed and then edited
/// has another content at its end than in the base, and is known all the same.
struct RenameTrail {
    let reader: any ObjectReader
    let stamps: CommitStamps
    /// The version of the rules: from 9 on a file that the other side had renamed before a merge
    /// joined the two is known by that name, and a name that was given up leads to no file.
    let version: Int

    /// Follows what one side renamed since it parted from the other.
    /// - Returns: the first name of each file and its last, one on each line of history, with the
    ///   commits that gave them, merges left out: what they join is followed itself. Nothing where
    ///   more than `Limits.nearHistory` commits would be read.
    func renames(on side: ObjectID, since other: ObjectID) throws(RepositoryError)
        -> [TreePath: [Rename]]
    {
        var budget = Limits.nearHistory
        return try renames(on: side, since: other, &budget)
    }

    private func renames(on side: ObjectID, since other: ObjectID, _ budget: inout Int)
        throws(RepositoryError) -> [TreePath: [Rename]]
    {
        let commits = try History(stamps).commits(behind: side, notBehind: [other])
        budget -= commits.count
        if budget < 0 { return [:] }
        let own = version >= 9 ? Set(commits) : []
        var joined: [(old: TreePath, name: TreePath)] = []
        var names = Names()
        for id in commits {
            let commit = try stamps.commit(id)
            if version >= 9, commit.parents.count == 2 {
                joined += try self.names(commit.parents, own, &budget)
            }
            guard commit.parents.count == 1 else { continue }
            let changes = try TreeDiff.changes(
                from: stamps.commit(commit.parents[0]).tree, to: commit.tree, reading: reader)
            names.follow(changes, in: id, version)
        }
        for (old, name) in joined {
            guard let given = names.last[old] else { continue }
            names.last[name, default: []] += given
        }
        return names.last
    }

    /// What commits, each after its parents, called the files of before.
    private struct Names {
        /// By the first name of a file, the last ones.
        var last: [TreePath: [Rename]] = [:]
        /// The first name of what stands at a path.
        private var first: [TreePath: TreePath] = [:]
        /// Where another file took a name that was free.
        private var others: Set<TreePath> = []

        mutating func follow(_ changes: [TreeChange], in commit: ObjectID, _ version: Int) {
            let renames = PathTable.renames(changes, byName: version >= 6)
            if version >= 9 { giveUp(changes, renames) }
            for (old, new) in renames.sorted(by: { $0.key < $1.key }) {
                let isOther = others.remove(old) != nil
                let origin = first.removeValue(forKey: old) ?? old
                if version >= 9 { end(new) }
                if isOther {
                    others.insert(new)
                    continue
                }
                first[new] = origin
                last[origin, default: []].removeAll { $0.name == old }
                last[origin, default: []].append(Rename(to: new, in: commit))
            }
        }

        /// What was deleted, or has another file's content in its place, goes on under no name; and
        /// what comes to a name that was given up is another file.
        private mutating func giveUp(_ changes: [TreeChange], _ renames: [TreePath: TreePath]) {
            let gone = changes.filter { $0.after?.isDirectory ?? true }
            let contents = Set(gone.compactMap { $0.before?.id }).subtracting([.emptyBlob])
            for change in gone where renames[change.path] == nil { end(change.path) }
            for change in changes where change.before != nil {
                if let after = change.after, contents.contains(after.id) { end(change.path) }
            }
            let given = Set(renames.values)
            for change in changes where change.before == nil && !given.contains(change.path) {
                if last[change.path] != nil { others.insert(change.path) }
            }
        }

        private mutating func end(_ path: TreePath) {
            others.remove(path)
            guard let origin = first.removeValue(forKey: path) else { return }
            last[origin]?.removeAll { $0.name == path }
        }
    }

    /// What a merge joined to this side's line may be called otherwise there: the names that this
    /// side gave go by those that the other line had given.
    private func names(_ parents: [ObjectID], _ own: Set<ObjectID>, _ budget: inout Int)
        throws(RepositoryError) -> [(old: TreePath, name: TreePath)]
    {
        var found: [(old: TreePath, name: TreePath)] = []
        for (line, far) in [(parents[0], parents[1]), (parents[1], parents[0])]
        where own.contains(line) && !own.contains(far) {
            for (old, names) in try renames(on: far, since: line, &budget) {
                if let name = names.last?.name { found.append((old, name)) }
            }
        }
        return found.sorted { ($0.old, $0.name) < ($1.old, $1.name) }
    }
}

/// The name of a file on the side of a merge that did not rename it.
package enum FormerName {
    /// What a file that one side renamed on its way, and may have edited, is called on the other.
    /// - Parameters:
    ///   - name: what it is called on `side`.
    ///   - side: a parent of the merge that has it.
    ///   - other: a parent that has no such name.
    /// - Returns: nil where the other side has no such file.
    package static func find(
        _ name: TreePath, on side: ObjectID, in other: ObjectID, reading reader: any ObjectReader
    ) throws(RepositoryError) -> TreePath? {
        let trail = RenameTrail(
            reader: reader, stamps: CommitStamps(reading: reader),
            version: MergeIdentity.version)
        let tree = try reader.commit(other).tree
        let renames = try trail.renames(on: side, since: other)
        for (old, given) in renames.sorted(by: { $0.key < $1.key })
        where given.contains(where: { $0.name == name }) {
            if try TreeDiff.file(at: old, of: tree, reading: reader) != nil { return old }
        }
        return nil
    }
}

extension TreeMerge {
    /// What either side renamed on its way, where that decides something: a path that one side
    /// took away and the other changed, or came upon a conflict in.
    func renames(
        _ ours: [TreeChange], _ theirs: [TreeChange], first: ObjectID, second: ObjectID,
        _ conflicts: MergedConflicts
    ) throws(RepositoryError) -> (first: [TreePath: Rename], second: [TreePath: Rename]) {
        // What a side came upon or decided in a file without markers changes no bytes.
        let opened = { (side: SideIndex) in
            rule.version < 9 ? [] : conflicts.opened(by: side).map(\.path)
        }
        let decided = { (side: SideIndex) in
            rule.version < 9 ? [] : conflicts.decided(by: side).map(\.path)
        }
        return (
            try renames(
                (ours, opened(.first)), against: (theirs, opened(.second) + decided(.second)),
                on: first, since: second),
            try renames(
                (theirs, opened(.second)), against: (ours, opened(.first) + decided(.first)),
                on: second, since: first)
        )
    }

    private func renames(
        _ own: (changes: [TreeChange], opened: [TreePath]),
        against other: (changes: [TreeChange], opened: [TreePath]),
        on side: ObjectID, since far: ObjectID
    ) throws(RepositoryError) -> [TreePath: Rename] {
        let known = PathTable.renames(own.changes, byName: rule.version >= 6)
            .mapValues { Rename(to: $0) }
        let changed = Set(other.changes.map(\.path) + other.opened)
        // Where both took a file away, who named it later decides; and who of several on this side
        // had a part in its conflict may call it otherwise.
        let gone = rule.version < 6 ? [] : Set(other.changes.filter { $0.after == nil }.map(\.path))
        let isOpen = own.changes.contains { change in
            guard change.after == nil, changed.contains(change.path) else { return false }
            guard let name = known[change.path]?.name, !gone.contains(change.path) else {
                return true
            }
            return own.opened.contains(name)
        }
        guard isOpen, rule.version >= 2 else { return known }
        let added = Set(
            own.changes.filter { $0.before == nil && $0.after != nil }.map(\.path))
        // At a path that still stands is the file of before, whatever else was made of it.
        let left =
            rule.version < 9
            ? nil : Set(own.changes.filter { $0.after?.isDirectory ?? true }.map(\.path))
        let trail = try RenameTrail(reader: reader, stamps: stamps, version: rule.version)
            .renames(on: side, since: far)
            .compactMapValues { names -> Rename? in
                let found = rule.version < 6 ? names.last : names.last { added.contains($0.name) }
                guard var last = found else { return nil }
                last.others = names.map(\.name).filter { $0 != last.name }
                return last
            }
            .filter { changed.contains($0.key) && added.contains($0.value.name) }
            .filter { left?.contains($0.key) ?? true }
        let taken = Dictionary(uniqueKeysWithValues: known.map { ($0.value.name, $0.key) })
        let further = trail.filter { taken[$0.value.name] == nil || taken[$0.value.name] == $0.key }
        return known.merging(further) { exact, trail in exact.name == trail.name ? trail : exact }
    }
}
