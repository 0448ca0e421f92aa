internal import SyncMerge
package import SyncModel

/// A walk back through history, the newest commit first.
///
/// With a path every commit is looked at that put a version there, on whichever side of a merge:
/// a version that lost is listed too. A merge is shown when what it has there is none of its
/// parents' versions. A file that was renamed unchanged is followed to what it was called before.
package struct HistoryLog {
    private let reader: any ObjectReader
    private let path: TreePath?
    private let index: IndexedHistory?
    private let whole: WholeParents

    /// - Parameters:
    ///   - reader: the repository.
    ///   - path: a file or a directory, as a path of the repository; nil is everything.
    package init(reading reader: any ObjectReader, path: TreePath? = nil) {
        self.init(reading: reader, path: path, index: nil)
    }

    /// - Parameter index: says which commits to look at for a path.
    init(
        reading reader: any ObjectReader, path: TreePath?, index: IndexedHistory?,
        _ whole: WholeParents? = nil
    ) {
        (self.reader, self.path, self.index) = (reader, path, index)
        self.whole = whole ?? WholeParents(reading: reader)
    }

    /// Lists commits.
    /// - Parameters:
    ///   - head: where the walk begins.
    ///   - filter: which of them are wanted.
    ///   - most: how many at most; at least 0.
    ///   - last: nothing up to this commit, with which the page before ended; nil is all.
    /// - Throws: what reading the repository says; `.io` past `Limits.historyWalk` commits.
    package func entries(
        from head: ObjectID, where filter: HistoryFilter = HistoryFilter(), most: Int,
        after last: ObjectID? = nil
    ) throws(RepositoryError) -> [HistoryEntry] {
        var entries: [HistoryEntry] = []
        if most < 1 { return [] }
        try each(from: head, where: filter, after: last) { entry in
            entries.append(entry)
            return entries.count < most
        }
        return entries
    }

    /// Gives commits one by one; otherwise as `entries`.
    /// - Parameter body: gets the next one, and says whether more is wanted.
    package func each(
        from head: ObjectID, where filter: HistoryFilter = HistoryFilter(),
        after last: ObjectID? = nil,
        _ body: (HistoryEntry) throws(RepositoryError) -> Bool
    ) throws(RepositoryError) {
        let isOfUse = path != nil && index?.believes(asUntil: filter.latest) ?? false
        let index = isOfUse ? index : nil
        var walk = try HistoryWalk(
            from: head, since: filter.since, latest: filter.latest, reading: reader, index: index)
        var names = path.map { [$0] } ?? []
        var touching = index.map(TouchingCommits.init)
        for name in names { touching?.add(name) }
        if let last { touching?.add(last) }
        let deletions = Deletions(reading: reader, path: path, whole)
        var isPast = last == nil
        while let step = try walk.next(where: { touching?.wants($0) ?? true }) {
            let known = names.count
            // Also of a commit that is not wanted: the name of before may be learnt from it.
            let (paths, learnt) = try whole.passingOver { () throws(RepositoryError) in
                var names = names
                return (try changed(step, walk, &names), names)
            }
            names = learnt
            for name in names[known...] { touching?.add(name) }
            if !isPast {
                isPast = step.id == last
                continue
            }
            guard let paths, filter.admits(step) else { continue }
            var entry = Self.entry(step.id, step.commit, paths)
            if filter.deletions {
                let gone = try deletions.removed(step.commit, walk)
                if gone.isEmpty { continue }
                entry = Self.entry(step.id, step.commit, gone.map(\.path))
            }
            let isPlainMerge = step.commit.parents.count > 1 && entry.paths.isEmpty
            if isPlainMerge && !filter.everyMerge { continue }
            if try !body(entry) { return }
        }
    }

    /// The last version of the file that had a content, behind a head; nil where it never had it,
    /// or what it had was thinned.
    package func version(
        with blob: ObjectID, from head: ObjectID
    ) throws(RepositoryError) -> FileVersion? {
        guard let path else { return nil }
        var found: FileVersion?
        try each(from: head) { entry throws(RepositoryError) in
            do throws(RepositoryError) {
                let tree = try reader.commit(entry.commit).tree
                let version = try TreeDiff.version(at: path, of: tree, reading: reader)
                if version?.id == blob { found = version }
            } catch {
                if error.code != .thinned { throw error }
            }
            return found == nil
        }
        return found
    }

    /// A commit's entry, and all paths that it changed; of a merge those that differ from every
    /// parent.
    func shown(_ id: ObjectID) throws(RepositoryError) -> (HistoryEntry, Set<TreePath>) {
        let commit = try reader.commit(id)
        let paths = try whole.passingOver { () throws(RepositoryError) in
            if try whole.isUnread(commit) { return [TreePath]() }
            var parents: [ObjectID] = []
            for parent in try whole.of(commit) { parents.append(try reader.commit(parent).tree) }
            return try changed(commit.tree, parents)
        }
        return (Self.entry(id, commit, paths), Set(paths))
    }

    private static func entry(_ id: ObjectID, _ commit: Commit, _ changed: [TreePath])
        -> HistoryEntry
    {
        HistoryEntry(
            commit: id, time: Timestamp(seconds: commit.committer.seconds).iso8601,
            device: CommitStamps.device(of: commit), agent: commit.agent,
            subject: commit.subject, changed: changed)
    }

    /// What a commit changed of what is looked for; nil when it has nothing to do with it.
    /// - Parameter names: what the file is called at the commit or was called behind it; a name
    ///   that the commit gave it brings the one of before along.
    private func changed(
        _ step: HistoryWalk.Step, _ walk: HistoryWalk, _ names: inout [TreePath]
    ) throws(RepositoryError) -> [TreePath]? {
        // What it changed cannot be told any more; that it changed a path only the index can tell.
        if whole.isThinned(step.commit) { return path == nil ? [] : index == nil ? nil : names }
        if try whole.isUnread(step.commit) { return path == nil ? [] : nil }
        let tree = step.commit.tree
        var parents: [ObjectID] = []
        let sides = try whole.of(step.commit)
        for parent in sides { parents.append(try walk.commit(parent).tree) }
        if path == nil { return try changed(tree, parents) }
        var isTouched = false
        var paths: Set<TreePath> = []
        for name in names {
            let here = try content(at: name, of: tree)
            var before: [TreeEntry?] = []
            for parent in parents { before.append(try content(at: name, of: parent)) }
            if before.contains(here) || parents.isEmpty && here == nil { continue }
            isTouched = true
            paths.formUnion(try changed(tree, parents, at: name, (here, before)))
            guard let here, here.mode != .directory else { continue }
            if before.allSatisfy({ $0 == nil }) {
                try learn(name, tree, parents, &names)
            } else {
                try learn(name, across: zip(sides, before).map { ($0, $1) }, &names)
            }
        }
        return isTouched ? Array(paths) : nil
    }

    /// Learns what a file was called before a commit that renamed it.
    private func learn(
        _ name: TreePath, _ tree: ObjectID, _ parents: [ObjectID], _ names: inout [TreePath]
    ) throws(RepositoryError) {
        for parent in parents {
            let changes = try TreeDiff.changes(from: parent, to: tree, reading: reader)
            for (old, new) in TreeChange.renames(changes) where new == name {
                if !names.contains(old) { names.append(old) }
            }
        }
    }

    /// Learns what a file is called on the side of a merge that did not rename it.
    /// - Parameter sides: the merge's parents, and what each has at the name.
    private func learn(
        _ name: TreePath, across sides: [(commit: ObjectID, entry: TreeEntry?)],
        _ names: inout [TreePath]
    ) throws(RepositoryError) {
        for side in sides where side.entry != nil {
            for other in sides where other.entry == nil {
                let former = try FormerName.find(
                    name, on: side.commit, in: other.commit, reading: reader)
                if let former, !names.contains(former) { names.append(former) }
            }
        }
    }

    /// The paths in which a tree differs from every parent's.
    private func changed(_ tree: ObjectID, _ parents: [ObjectID]) throws(RepositoryError)
        -> [TreePath]
    {
        var common: Set<TreePath>?
        for parent in parents.isEmpty ? [Tree.emptyID] : parents {
            let paths = Self.paths(
                of: try TreeDiff.changes(from: parent, to: tree, reading: reader))
            common = common?.intersection(paths) ?? paths
        }
        return Array(common ?? [])
    }

    /// The same of what stands at a name and below it.
    /// - Parameter entries: what the tree has there, and what each parent's has.
    private func changed(
        _ tree: ObjectID, _ parents: [ObjectID], at name: TreePath,
        _ entries: (here: TreeEntry?, before: [TreeEntry?])
    ) throws(RepositoryError) -> Set<TreePath> {
        let isFirst = parents.isEmpty
        let before = isFirst ? [nil] : entries.before
        var common: Set<TreePath>?
        for (parent, entry) in zip(isFirst ? [Tree.emptyID] : parents, before) {
            var changes: [TreeChange] = []
            if entry?.version != entries.here?.version {
                changes.append(
                    TreeChange(path: name, before: entry?.version, after: entries.here?.version))
            }
            if [entry, entries.here].contains(where: { $0?.mode == .directory }) {
                changes += try TreeDiff.changes(
                    from: parent, to: tree, below: name, reading: reader)
            }
            let paths = Self.paths(of: changes)
            common = common?.intersection(paths) ?? paths
        }
        return common ?? []
    }

    private static func paths(of changes: [TreeChange]) -> Set<TreePath> {
        Set(TreeChange.named(changes).map(\.path))
    }

    /// What stands at a path, file or directory; nil for nothing.
    private func content(at path: TreePath, of tree: ObjectID) throws(RepositoryError)
        -> TreeEntry?
    {
        guard let directory = try TreeDiff.subtree(of: tree, at: path.parent, reading: reader)
        else { return nil }
        return try reader.tree(directory)[path.name]
    }
}
