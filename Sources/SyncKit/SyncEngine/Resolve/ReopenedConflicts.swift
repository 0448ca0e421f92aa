internal import SyncMerge
internal import SyncModel

/// Conflicts that are open in a whole version which a choice brings back: its markers were listed
/// where that version stood, and are so again.
struct ReopenedConflicts {
    let repository: any ObjectRepository
    let store: any StateStore
    let head: ObjectID?

    /// The records of conflicts whose markers a version has.
    /// - Parameters:
    ///   - version: what is put at the path of `record`.
    ///   - record: the conflict that is resolved with it; its sides say where they were made.
    func records(in version: FileVersion, resolving record: ConflictRecord) throws
        -> [ConflictRecord]
    {
        guard version.mode.isFile,
            try repository.header(version.id).size <= Limits.documentSize
        else { return [] }
        let content = try repository.blob(version.id)
        // Most versions have no markers, and then no history is read.
        guard content.split(separator: 0x0a).contains(where: { $0.starts(with: "<<<<<<<".utf8) })
        else { return [] }
        guard let source = try commit(having: version, at: record) else { return [] }
        let tree = try repository.commit(source).tree
        let rule = try TypeRules(of: tree, for: record.path, reading: repository)
            .type(of: record.path, content: content).rule
        return try ConflictList(of: tree, reading: repository).records.filter { open in
            guard open.path == record.path, open.id != record.id,
                let terms = try open.terms(reading: repository)
            else { return false }
            return ContentMerge.isOpen(terms, in: content, as: rule, path: open.named)
        }
        .map { try isBehindHead(source) ? $0 : $0.holdingItsBytes(reading: repository) }
    }

    /// A commit that has a version: where a side was made, or else in the history of the branch,
    /// or in one that it left and that is kept.
    private func commit(having version: FileVersion, at record: ConflictRecord) throws
        -> ObjectID?
    {
        for side in record.sides where side.blob == version.id {
            let commit = side.stamp.commit
            if repository.contains(commit),
                try TreeDiff.version(
                    at: record.path, of: repository.commit(commit).tree, reading: repository)?
                    .id == version.id
            {
                return commit
            }
        }
        let past = PastVersions(repository: repository, store: store)
        let kept = try repository.references(KeptHeads.references).map(\.id)
        for start in (head.map { [$0] } ?? []) + kept where repository.contains(start) {
            for mode in [version.mode, .regular, .executable] {
                let wanted = [record.path: FileVersion(mode: mode, id: version.id)]
                if let found = try past.commits(having: wanted, behind: start)[record.path] {
                    return found
                }
            }
        }
        return nil
    }

    private func isBehindHead(_ commit: ObjectID) throws -> Bool {
        guard let head else { return false }
        return try History(CommitStamps(reading: repository)).isAncestor(commit, of: head)
    }
}
