/// Two versions of a file of which a rule chose one: an entry of `resolved_conflicts`.
package struct ResolvedConflict: Sendable, Hashable, Codable {
    /// The path in the repository.
    package let file: TreePath
    /// The file's type: `simple`, `document`, …
    package let type: String
    /// The stamp of this device's version, ISO 8601.
    package let localTimestamp: String
    /// The stamp of the other version, ISO 8601.
    package let remoteTimestamp: String
    /// `local` or `remote`.
    package let winner: String
    /// `overwrite_local` or `overwrite_remote`.
    package let action: String
    /// The version that lost; nil when that was a deletion.
    @OrNull package private(set) var loser: ObjectID?
    /// The merge commit.
    package let commit: ObjectID

    enum CodingKeys: String, CodingKey {
        case file, type, winner, action, loser, commit
        case localTimestamp = "local_timestamp"
        case remoteTimestamp = "remote_timestamp"
    }

    /// Takes the parts; timestamps in ISO 8601.
    package init(
        file: TreePath, type: String, localTimestamp: String, remoteTimestamp: String,
        winner: String, action: String, loser: ObjectID?, commit: ObjectID
    ) {
        self.file = file
        self.type = type
        self.localTimestamp = localTimestamp
        self.remoteTimestamp = remoteTimestamp
        self.winner = winner
        self.action = action
        _loser = OrNull(wrappedValue: loser)
        self.commit = commit
    }
}
