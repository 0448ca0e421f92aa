internal import SyncModel

/// Rules of a `.gitignore` that went together with other files of its directory: they go on for
/// what is left there, so that build output of a deleted project is not taken for new files.
/// They end when a `.gitignore` stands there again, or the directory goes.
struct KeptRules {
    let repository: any ObjectRepository
    let store: any StateStore

    private func fact(_ folder: VaultFolder) -> String {
        "kept rules \(folder.id?.description ?? "")"
    }

    /// Notes, before the first file changes, the rules that a plan takes away with their
    /// directories. As long as the file itself stands it is asked first.
    func keepRules(_ plan: ApplyPlan, in folder: VaultFolder) throws {
        let gone = (plan.clearing + plan.removals).compactMap(\.have)
        let paths = Set(gone.map(\.path))
        try keepRules(of: gone, in: folder) { directory in
            // What is not of the tree any more is no directory to others.
            guard let directory else { return false }
            return try !hasFiles(directory, besides: paths, in: folder)
        }
    }

    /// The same for what somebody is deleting: a large directory takes its time, and its rules
    /// may go before what they leave out.
    func keepRules(_ dirty: DirtyPaths, in folder: VaultFolder) throws {
        guard dirty.paths.contains(where: { $0.name.elementsEqual(IgnoreView.name) }) else {
            return
        }
        var gone: [TrackedFile] = []
        for path in dirty.paths {
            guard let row = try store.file(folder.id, path), try folder.access.stat(path) == nil
            else { continue }
            gone.append(row)
        }
        try keepRules(of: gone, in: folder) { _ in false }
    }

    private func hasFiles(
        _ directory: TreePath, besides gone: Set<TreePath>, in folder: VaultFolder
    ) throws -> Bool {
        var next: TreePath? = directory
        while let place = next, place.bytes.starts(with: directory.bytes) {
            if place.isAtOrBelow(directory),
                try store.files(folder.id, in: place).contains(where: { !gone.contains($0.path) })
            {
                return true
            }
            next = try store.directory(folder.id, after: place)
        }
        return false
    }

    private func keepRules(
        of gone: [TrackedFile], in folder: VaultFolder, whenLast: (TreePath?) throws -> Bool
    ) throws {
        var kept = folder.ignore.kept
        for file in gone where file.path.name.elementsEqual(IgnoreView.name) {
            let directory = file.path.parent
            let goesAlone = !gone.contains { other in
                guard other.path != file.path else { return false }
                return directory.map { other.path.isAtOrBelow($0) } ?? true
            }
            // Somebody who deletes the rules alone wants what they left out.
            if try goesAlone && !whenLast(directory) { continue }
            guard file.version.mode.isFile, repository.contains(file.version.id)
            else { continue }
            kept[directory] = IgnoreView.Kept(
                id: file.version.id, content: try repository.blob(file.version.id))
        }
        try keep(kept, in: folder)
    }

    /// Lets go of rules in whose place others stand, or whose directory is gone.
    func endKeptRules(of folder: VaultFolder) throws {
        var kept = folder.ignore.kept
        for directory in kept.keys {
            let file = TreePath(IgnoreView.name).map { name in
                directory.flatMap { $0.appending(name) } ?? name
            }
            let isThere = try directory.map { try folder.access.stat($0) != nil } ?? true
            let isReplaced = try file.map { try folder.access.stat($0) != nil } ?? false
            if !isThere || isReplaced { kept[directory] = nil }
        }
        try keep(kept, in: folder)
    }

    private func keep(_ kept: [TreePath?: IgnoreView.Kept], in folder: VaultFolder) throws {
        if kept == folder.ignore.kept { return }
        // Past the bound the deepest go: what is above them holds below as well.
        let bounded = kept.sorted { ($0.key?.bytes.count ?? 0) < ($1.key?.bytes.count ?? 0) }
            .prefix(Limits.keptRules)
        let lines = bounded.map { directory, rules in
            "\(rules.id.hex) \(Hex.string(directory?.bytes ?? []))"
        }
        let text = lines.sorted().joined(separator: "\n")
        try store.setFact(fact(folder), lines.isEmpty ? nil : text)
        folder.ignore.keep(Dictionary(uniqueKeysWithValues: bounded.map { ($0.key, $0.value) }))
    }

    /// Reads at the start what was noted.
    func recallRules(_ folder: VaultFolder) throws {
        var kept: [TreePath?: IgnoreView.Kept] = [:]
        for line in try store.fact(fact(folder))?.split(separator: "\n") ?? [] {
            let words = line.split(separator: " ", omittingEmptySubsequences: false)
            guard words.count == 2, let id = ObjectID(hex: words[0]), repository.contains(id),
                let bytes = Hex.bytes(words[1])
            else { continue }
            let directory = TreePath(bytes)
            guard directory != nil || bytes.isEmpty else { continue }
            kept[directory] = IgnoreView.Kept(id: id, content: try repository.blob(id))
        }
        folder.ignore.keep(kept)
    }
}
