package import SyncModel

/// How two states of a vault differ: the answer of `diff --json`.
package struct DifferenceAnswer: Sendable, Codable, Equatable {
    /// The older commit.
    package let from: ObjectID
    /// The newer commit; nil for what the folders hold.
    @OrNull package private(set) var to: ObjectID?
    /// By path.
    package let files: [FileDifference]

    package init(from: ObjectID, to: ObjectID?, files: [FileDifference]) {
        self.from = from
        self.to = to
        self.files = files
    }
}

/// A commit with what it changed: the answer of `show --json`.
package struct CommitAnswer: Sendable, Encodable, Equatable {
    /// As in `log`.
    package let entry: HistoryEntry
    /// The whole message.
    package let message: String
    /// In their order.
    package let parents: [ObjectID]
    /// What it changed over its first parent, or the nearest one that was not thinned; of a merge
    /// only what differs from every parent.
    package let files: [FileDifference]
}

extension VaultHistory {
    /// Finds the commit that a user names, or the newest at a time.
    /// - Throws: `Revision.Unknown`, `RepositoryError`.
    package func revisionOrTime(_ name: String, now: Timestamp) throws -> ObjectID {
        try sides(name, now: now)[0]
    }

    /// The commits that a name means, as `RevisionOrTime.sides`.
    package func sides(_ name: String, now: Timestamp) throws -> [ObjectID] {
        guard let head else { return [try revision(name)] }
        return try RevisionOrTime(
            head: head, branch: configuration.branch, repository, kept: keptHeads
        )
        .sides(name, now: now)
    }

    /// Compares two commits.
    /// - Parameter path: only this file, or what is below this directory; nil is everything.
    package func differences(
        from old: ObjectID, to new: ObjectID, _ path: TreePath? = nil
    ) throws(RepositoryError) -> DifferenceAnswer {
        let files = try TreeComparison(
            from: repository.commit(old).tree, to: repository.commit(new).tree,
            reading: repository
        ).files(path)
        return DifferenceAnswer(from: old, to: new, files: files)
    }

    /// A commit with what it changed.
    package func shown(_ id: ObjectID) throws(RepositoryError) -> CommitAnswer {
        let commit = try repository.commit(id)
        let whole = WholeParents(reading: repository)
        let (entry, paths) = try HistoryLog(reading: repository, path: nil, index: nil, whole)
            .shown(id)
        let files = try whole.passingOver { () throws(RepositoryError) in
            // Where a parent was thinned, what changed since the last one that was kept.
            let before = try whole.of(commit).first
                .map { parent throws(RepositoryError) in try repository.commit(parent).tree }
            let comparison = TreeComparison(from: before, to: commit.tree, reading: repository)
            return try comparison.files(only: commit.parents.count > 1 ? paths : nil)
        }
        return CommitAnswer(
            entry: entry, message: commit.message, parents: commit.parents, files: files)
    }
}
