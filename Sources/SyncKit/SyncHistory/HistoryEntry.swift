package import SyncModel

/// A commit as `log` shows it.
package struct HistoryEntry: Sendable, Codable, Equatable {
    /// The name that `show` and `restore` take.
    package let commit: ObjectID
    /// The committer's date, ISO 8601.
    package let time: String
    /// The device that made it; of a merge the author, `syncd merge`.
    package let device: String
    /// The agent that it names, of a commit with the trailer `Sync-Agent`; nil for none.
    package let agent: String?
    /// The message's first line.
    package let subject: String
    /// The changed paths, sorted, at most `Limits.historyPaths`. Of a merge those that differ from
    /// every parent: what the merge itself made.
    package let paths: [TreePath]
    /// How many more it changed.
    package let pathsOmitted: Int

    enum CodingKeys: String, CodingKey {
        case commit, time, device, agent, subject, paths
        case pathsOmitted = "paths_omitted"
    }

    /// Takes the parts; of the changed paths those that fit.
    package init(
        commit: ObjectID, time: String, device: String, agent: String?, subject: String,
        changed: [TreePath]
    ) {
        self.commit = commit
        self.time = time
        self.device = device
        self.agent = agent
        self.subject = subject
        paths = Array(changed.sorted().prefix(Limits.historyPaths))
        pathsOmitted = changed.count - paths.count
    }
}
