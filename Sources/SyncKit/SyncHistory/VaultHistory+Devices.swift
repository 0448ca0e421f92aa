internal import SyncMerge
package import SyncModel

extension VaultHistory {
    /// How far a device has applied the vault: an entry of `devices --json`.
    package struct Device: Sendable, Codable, Equatable {
        /// The name in its configuration, and in its reference.
        package let device: String
        /// The commit it has applied.
        package let commit: ObjectID
        /// That commit's date, ISO 8601.
        package let time: String
        /// When it was there at the latest, ISO 8601: that date, or that of the newest commit that
        /// it made, whichever is later.
        package let lastSeen: String
        /// How many commits of the head it lacks, counted up to 10,000.
        package let behind: Int

        enum CodingKeys: String, CodingKey {
            case device, commit, time, behind
            case lastSeen = "last_seen"
        }
    }

    /// Says of each device how far it is.
    /// - Parameter applied: the commits that devices published.
    /// - Returns: by name; a device whose commit is not here is left out.
    package func devices(_ applied: [String: ObjectID]) throws(RepositoryError) -> [Device] {
        let stamps = CommitStamps(reading: repository)
        let history = History(stamps)
        let made = try newest(of: Set(applied.keys))
        var devices: [Device] = []
        for (name, id) in applied.sorted(by: { $0.key < $1.key }) where repository.contains(id) {
            let time = Timestamp(seconds: try stamps.commit(id).committer.seconds)
            var behind = 0
            if let head, head != id {
                behind = try history.count(from: head, notIn: id, most: 10_000)
            }
            let last = made[name].map { $0.milliseconds > time.milliseconds ? $0 : time }
            devices.append(
                Device(
                    device: name, commit: id, time: time.iso8601,
                    lastSeen: (last ?? time).iso8601, behind: behind))
        }
        return devices
    }

    /// When devices made their newest commits; those that made none of the newest 10,000 commits
    /// are left out.
    private func newest(of devices: Set<String>) throws(RepositoryError) -> [String: Timestamp] {
        guard let head, !devices.isEmpty else { return [:] }
        var walk = try HistoryWalk(from: head, reading: repository)
        var found: [String: Timestamp] = [:]
        for _ in 0..<10_000 where found.count < devices.count {
            guard let step = try walk.next() else { break }
            guard let device = CommitStamps.capturer(of: step.commit), devices.contains(device),
                found[device] == nil
            else { continue }
            found[device] = step.time
        }
        return found
    }
}
