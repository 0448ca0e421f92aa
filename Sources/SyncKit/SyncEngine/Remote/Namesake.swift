internal import SyncHistory
internal import SyncMerge
package import SyncModel

/// Another machine that commits under this device's name, as one does to which a home was copied.
/// Commits name the device alone: what is called this one's may be the other's then.
package struct Namesake {
    private let device: String
    private let commit: ObjectID
    private let time: Timestamp

    /// - Parameters:
    ///   - commit: what `Revision.namesakeReference` names; nil for nothing.
    ///   - device: what this device is called now: under another name it is alone again.
    package init?(_ commit: ObjectID?, of device: String, reading reader: any ObjectReader)
        throws(RepositoryError)
    {
        guard let commit, reader.contains(commit),
            CommitStamps.capturer(of: try reader.commit(commit)) == device
        else { return nil }
        (self.commit, self.device) = (commit, device)
        time = try CommitStamps(reading: reader).time(of: commit)
    }

    /// What to tell, in words; nil once nothing was heard of it for long.
    package func words(now: Timestamp) -> String? {
        let age = now.milliseconds - time.milliseconds
        if age > Limits.namesakeSpan.components.seconds * 1000 { return nil }
        return "another machine commits as \(device), too, or this one was brought back from a "
            + "copy: \(commit.short) of \(time.iso8601) was not made here"
    }

    /// What mends it, in words.
    package static let advice = "give one of the two another name: device.name, syncctl reload"

    /// Looks for it among commits that come in: this device has what it made itself.
    /// - Parameters:
    ///   - news: the newest first; a date that is wrong may bring one in that is here.
    ///   - head: the local one.
    ///   - begun: since when the state store knows what this device does, in milliseconds. What is
    ///     older may be its own and lost, as where a vault is made again from a backup.
    static func look(
        for device: String, in news: [(id: ObjectID, commit: Commit)], behind head: ObjectID,
        since begun: Int64, keptIn repository: any ObjectRepository
    ) throws(RepositoryError) {
        let stamps = CommitStamps(reading: repository)
        for (id, commit) in news where CommitStamps.capturer(of: commit) == device {
            if try stamps.time(of: id).milliseconds <= begun { continue }
            if try History(stamps).isAncestor(id, of: head) { continue }
            let known = try repository.reference(Revision.namesakeReference)
            return try repository.setReference(
                Revision.namesakeReference, to: id, expecting: known)
        }
    }
}
