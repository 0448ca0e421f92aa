internal import SyncModel

/// Rules of a `.gitignore` that went together with other files of its directory: they go on for
/// what is left there, so that build output of a deleted project is not taken for new files.
/// They end when a `.gitignore` stands there again, or the directory goes.
///
/// A `.gitignore` that goes alone may be the first file of its directory to go: its rules go on
/// for `Limits.keptRulesGraceMilliseconds`, and again as long after each further file of the
/// directory that goes. Then they end, if anything that is synced is left there.
struct KeptRules {
    let repository: any ObjectRepository
    let store: any StateStore
    let clock: any WallClock

    private static func fact(_ folder: VaultFolder) -> String {
        "kept rules \(folder.id?.description ?? "")"
    }

    /// Whether what a plan takes away is to be looked up in the commits that bring it: whatever
    /// became of other files here, the device that deleted them may have deleted all.
    func asksHistory(of plan: ApplyPlan, in folder: VaultFolder) -> Bool {
        folder.ignore.kept.values.contains { $0.until != nil }
            || (plan.clearing + plan.removals).contains {
                $0.path.name.elementsEqual(IgnoreView.name)
            }
    }

    /// Notes, before the first file changes, the rules that a plan takes away with their
    /// directories. As long as the file itself stands it is asked first.
    /// - Parameter incoming: what the commits say; nil where that is not known.
    func keepRules(
        _ plan: ApplyPlan, _ incoming: IncomingChanges?, in folder: VaultFolder
    ) throws {
        let gone = (plan.clearing + plan.removals).compactMap(\.have)
        let paths = Set(gone.map(\.path))
        // Deleted elsewhere and kept here by an edit, say.
        let elsewhere = incoming.map { $0.deleted.subtracting(paths) }
        try keepRules(of: gone, elsewhere, in: folder) { directory in
            // What is not of the tree any more is no directory to others.
            guard let directory else { return false }
            guard let elsewhere, !elsewhere.contains(where: { $0.isAtOrBelow(directory) }) else {
                return true
            }
            return try !hasFiles(directory, in: folder) { !paths.contains($0.path) }
        }
    }

    /// The same for what somebody is deleting: a large directory takes its time, and its rules
    /// may go before what they leave out.
    func keepRules(_ dirty: DirtyPaths, in folder: VaultFolder) throws {
        // Of all that a scan may find gone nobody knows yet what goes with it.
        var all = dirty.all ? try store.paths(folder.id, named: IgnoreView.name) : []
        for directory in folder.ignore.directories(below: dirty.directories)
        where try !isGone(directory, in: folder) {
            if let file = Self.file(in: directory) { all.append(file) }
        }
        let mayGo = dirty.paths.contains { $0.name.elementsEqual(IgnoreView.name) }
        let waits = folder.ignore.kept.values.contains { $0.until != nil }
        guard mayGo || waits || !all.isEmpty else { return }
        var gone: [TrackedFile] = []
        for path in dirty.paths.union(all) {
            guard let row = try store.file(folder.id, path), try isGone(path, in: folder) else {
                continue
            }
            gone.append(row)
        }
        try keepRules(of: gone, [], in: folder) { _ in false }
    }

    /// What cannot be looked at is not known to be gone.
    private func isGone(_ path: TreePath, in folder: VaultFolder) throws(FolderError) -> Bool {
        try stands(path, in: folder) == false
    }

    /// Whether something stands at a path; nil where that cannot be looked at.
    private func stands(_ path: TreePath, in folder: VaultFolder) throws(FolderError) -> Bool? {
        do throws(FolderError) { return try folder.access.stat(path) != nil } catch {
            if error.code.reason == nil { throw error }
            return nil
        }
    }

    /// Whether a file that is synced, and of which `isLeft` holds, is in a directory; nil is the
    /// root.
    private func hasFiles(
        _ directory: TreePath?, in folder: VaultFolder, where isLeft: (TrackedFile) throws -> Bool
    ) throws -> Bool {
        func areLeft(in place: TreePath?) throws -> Bool {
            try store.files(folder.id, in: place).contains {
                try !$0.version.isDirectory && isLeft($0)
            }
        }
        if try areLeft(in: directory) { return true }
        var next = try store.directory(folder.id, after: nil, below: directory)
        while let place = next {
            if try areLeft(in: place) { return true }
            next = try store.directory(folder.id, after: place, below: directory)
        }
        return false
    }

    private func keepRules(
        of gone: [TrackedFile], _ elsewhere: Set<TreePath>?, in folder: VaultFolder,
        whenLast: (TreePath?) throws -> Bool
    ) throws {
        let grace = Timestamp(
            milliseconds: clock.now().milliseconds + Limits.keptRulesGraceMilliseconds)
        var kept = folder.ignore.kept
        for (directory, rules) in kept where rules.until != nil {
            let file = Self.file(in: directory)
            guard let directory else { continue }
            if gone.contains(where: { $0.path.isAtOrBelow(directory) && $0.path != file }) {
                kept[directory] = rules.lasting(until: grace)
            }
            if elsewhere?.contains(where: { $0.isAtOrBelow(directory) && $0 != file }) ?? false {
                kept[directory] = rules.lasting(until: nil)
            }
        }
        for file in gone where file.path.name.elementsEqual(IgnoreView.name) {
            let directory = file.path.parent
            // That other files of a root go says nothing: some do all the time.
            let goesAlone = !gone.contains { other in
                guard other.path != file.path, let directory else { return false }
                return other.path.isAtOrBelow(directory)
            }
            // One whose deletion is held back is found gone again and again.
            guard kept[directory] == nil, file.version.mode.isFile,
                repository.contains(file.version.id)
            else { continue }
            kept[directory] = IgnoreView.Kept(
                id: file.version.id, content: try repository.blob(file.version.id),
                until: try goesAlone && !whenLast(directory) ? grace : nil)
        }
        try keep(kept, in: folder)
    }

    /// Lets go of rules in whose place others stand, whose directory is gone, or that went alone.
    /// Those stay whose place cannot be looked at.
    /// - Returns: whether rules ended in whose place nothing stands: what they left out is synced
    ///   from now on.
    func endKeptRules(of folder: VaultFolder) throws -> Bool {
        var kept = folder.ignore.kept
        var isFreed = false
        let now = clock.now().milliseconds
        for (directory, rules) in kept {
            let file = Self.file(in: directory)
            guard let isThere = try directory.map({ try stands($0, in: folder) }) ?? true,
                let isReplaced = try file.map({ try stands($0, in: folder) }) ?? false
            else { continue }
            if !isThere || isReplaced {
                kept[directory] = nil
            } else if let until = rules.until?.milliseconds {
                // A clock that was set back makes no grace longer.
                if now < until, until - now <= Limits.keptRulesGraceMilliseconds { continue }
                let endsHere = try hasFiles(directory, in: folder) {
                    try stands($0.path, in: folder) ?? false
                }
                kept[directory] = endsHere ? nil : rules.lasting(until: nil)
                isFreed = isFreed || endsHere
            }
        }
        try keep(kept, in: folder)
        return isFreed
    }

    /// The `.gitignore` of a directory; nil is the root.
    static func file(in directory: TreePath?) -> TreePath? {
        TreePath(IgnoreView.name).map { name in directory.flatMap { $0.appending(name) } ?? name }
    }

    func keep(_ kept: [TreePath?: IgnoreView.Kept], in folder: VaultFolder) throws {
        if kept == folder.ignore.kept { return }
        // Past the bound the deepest go: what is above them holds below as well.
        let bounded = kept.sorted { ($0.key?.bytes.count ?? 0) < ($1.key?.bytes.count ?? 0) }
            .prefix(Limits.keptRules)
        let lines = bounded.map { directory, rules in
            // With the bytes: of an old commit they may be thinned.
            [
                rules.id.hex, Hex.string(directory?.bytes ?? []),
                rules.until.map { "\($0.milliseconds)" } ?? "", Hex.string(rules.content),
            ].joined(separator: " ")
        }
        let text = lines.sorted().joined(separator: "\n")
        try store.setFact(Self.fact(folder), lines.isEmpty ? nil : text)
        folder.ignore.keep(Dictionary(uniqueKeysWithValues: bounded.map { ($0.key, $0.value) }))
    }

    /// Reads at the start what was noted.
    static func recallRules(
        of folder: VaultFolder, _ store: any StateStore, reading repository: any ObjectReader
    ) throws {
        var kept: [TreePath?: IgnoreView.Kept] = [:]
        for line in try store.fact(fact(folder))?.split(separator: "\n") ?? [] {
            let words = line.split(separator: " ", omittingEmptySubsequences: false)
            guard (2...4).contains(words.count), let id = ObjectID(hex: words[0]),
                let bytes = Hex.bytes(words[1])
            else { continue }
            let directory = TreePath(bytes)
            guard directory != nil || bytes.isEmpty else { continue }
            var content = words.count == 4 ? Hex.bytes(words[3]) : nil
            // A version before wrote none.
            if content == nil, repository.contains(id) { content = try repository.blob(id) }
            guard let content else { continue }
            kept[directory] = IgnoreView.Kept(
                id: id, content: content,
                until: words.count > 2 ? Timestamp(claimed: String(words[2])) : nil)
        }
        folder.ignore.keep(kept)
    }
}

extension IgnoreView.Kept {
    /// The same rules with another moment.
    fileprivate func lasting(until moment: Timestamp?) -> Self {
        Self(id: id, content: content, until: moment)
    }
}
