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
        /// The version of syncd that made its newest commit, as that commit claims; nil where it
        /// says none, and when the device made none of the newest 10,000.
        @OrNull package private(set) var version: String?
        /// How many seconds its clock was ahead of this one's at the least, by the stamp of that
        /// commit; 0 when none of it shows, nil when there is no such commit.
        @OrNull package private(set) var clockAhead: Int64?

        enum CodingKeys: String, CodingKey {
            case device, commit, time, behind, version
            case lastSeen = "last_seen"
            case clockAhead = "clock_ahead"
        }
    }

    /// Says of each device how far it is.
    /// - Parameters:
    ///   - applied: the commits that devices published.
    ///   - now: by this machine's clock.
    /// - Returns: by name; a device whose commit is not here is left out.
    package func devices(
        _ applied: [String: ObjectID], now: Timestamp
    ) throws(RepositoryError) -> [Device] {
        let stamps = CommitStamps(reading: repository)
        let history = History(stamps)
        let made = try newest(of: Set(applied.keys))
        var devices: [Device] = []
        for (name, id) in applied.sorted(by: { $0.key < $1.key }) where try isCommit(id) {
            let time = Timestamp(seconds: try stamps.commit(id).committer.seconds)
            var behind = 0
            if let head, head != id {
                behind = try history.count(from: head, notIn: id, most: 10_000)
            }
            let own = made[name]
            var ahead = own.map { max(0, $0.time.seconds - now.seconds) }
            if let own, ahead ?? 0 > 0, try !setsTime(own.id, name, stamps) { ahead = 0 }
            devices.append(
                Device(
                    device: name, commit: id, time: time.iso8601,
                    lastSeen: max(time, own?.time ?? time).iso8601, behind: behind,
                    version: own?.commit.trailer("Sync-Version").map { SafeText.escaped($0) },
                    clockAhead: ahead))
        }
        return devices
    }

    /// Whether the time of a commit is by its own device's clock: one that is made upon a commit of
    /// the future is later than that by next to nothing.
    private func setsTime(_ id: ObjectID, _ device: String, _ stamps: CommitStamps)
        throws(RepositoryError) -> Bool
    {
        var current = id
        for _ in 0..<Limits.nearHistory {
            let time = try stamps.time(of: current)
            var latest: (time: Timestamp, id: ObjectID)?
            for parent in try stamps.commit(current).parents {
                let before = try stamps.time(of: parent)
                if before > latest?.time ?? Timestamp(milliseconds: .min) {
                    latest = (before, parent)
                }
            }
            guard let latest, time.milliseconds - latest.time.milliseconds < 1000 else { break }
            current = latest.id
        }
        return try CommitStamps.capturer(of: stamps.commit(current)) == device
    }

    /// Whether an object is here and a commit: a reference may name anything.
    private func isCommit(_ id: ObjectID) throws(RepositoryError) -> Bool {
        guard repository.contains(id) else { return false }
        return try repository.header(id).kind == .commit
    }

    /// The newest commits that devices made; those that made none of the newest 10,000 commits
    /// are left out.
    private func newest(of devices: Set<String>) throws(RepositoryError)
        -> [String: HistoryWalk.Step]
    {
        guard let head, !devices.isEmpty else { return [:] }
        var walk = try HistoryWalk(from: head, reading: repository)
        var found: [String: HistoryWalk.Step] = [:]
        for _ in 0..<10_000 where found.count < devices.count {
            guard let step = try walk.next() else { break }
            guard let device = CommitStamps.capturer(of: step.commit), devices.contains(device),
                found[device] == nil
            else { continue }
            found[device] = step
        }
        return found
    }
}
