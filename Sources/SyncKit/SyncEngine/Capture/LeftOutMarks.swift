internal import SyncModel

/// Since which commit a file that a rule left out is in the way of a version that waits. As long as
/// the rules of the vault are as they were there, it stays out, be the rule gone with that very
/// commit; another change of rules decides anew. A file past `Limits.leftOutMarks` stays out until
/// it is moved, or nothing waits for its place.
struct LeftOutMarks {
    let repository: any ObjectRepository
    let store: any StateStore

    private static func fact(_ folder: VaultFolder) -> String {
        "left out \(folder.id?.description ?? "")"
    }

    /// Notes files that an apply found in the way.
    func add(_ paths: [TreePath], at head: ObjectID, in folder: VaultFolder) throws {
        if paths.isEmpty { return }
        var marks = try read(folder)
        for path in paths where marks.count < Limits.leftOutMarks { marks[path] = head }
        try write(marks, folder)
    }

    /// Lets those go that the rules leave out no more, where these have changed since.
    func release(at head: ObjectID?, in folder: VaultFolder) throws {
        var marks = try read(folder)
        if marks.isEmpty { return }
        let before = marks
        let held = try folder.quarantined(store)
        var changed: [ObjectID: Bool] = [:]
        for (path, commit) in marks {
            guard held[path] == .leftOut else {
                marks[path] = nil
                continue
            }
            let isOver = try changed[commit] ?? haveRulesChanged(since: commit, at: head, folder)
            changed[commit] = isOver
            marks[path] = head ?? commit
            if !isOver { continue }
            if try folder.ignore.isIgnored(path, isDirectory: false) { continue }
            marks[path] = nil
            try store.quarantine(folder.id, path, nil)
        }
        if marks != before { try write(marks, folder) }
    }

    private func haveRulesChanged(
        since commit: ObjectID, at head: ObjectID?, _ folder: VaultFolder
    ) throws -> Bool {
        if commit == head { return false }
        guard repository.contains(commit) else { return true }
        return try TreeDiff.changes(
            from: repository.tree(of: commit), to: repository.tree(of: head), below: folder.id,
            reading: repository
        ).contains { $0.path.name.elementsEqual(IgnoreView.name) }
    }

    private func read(_ folder: VaultFolder) throws -> [TreePath: ObjectID] {
        var marks: [TreePath: ObjectID] = [:]
        for line in try store.fact(Self.fact(folder))?.split(separator: "\n") ?? [] {
            let words = line.split(separator: " ")
            guard words.count == 2, let commit = ObjectID(hex: words[0]),
                let path = Hex.bytes(words[1]).flatMap({ TreePath($0) })
            else { continue }
            marks[path] = commit
        }
        return marks
    }

    private func write(_ marks: [TreePath: ObjectID], _ folder: VaultFolder) throws {
        let lines = marks.map { "\($1.hex) \(Hex.string($0.bytes))" }.sorted()
        try store.setFact(Self.fact(folder), lines.isEmpty ? nil : lines.joined(separator: "\n"))
    }
}
