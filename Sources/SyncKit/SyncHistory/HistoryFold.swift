internal import SyncMerge
package import SyncModel

/// Commits that are one to a reader: saves of one file by one device, each soon after the other.
package struct HistoryFold: Sendable, Equatable {
    /// The newest of them.
    package let newest: HistoryEntry
    /// The oldest of them.
    package private(set) var oldest: HistoryEntry
    /// How many they are.
    package private(set) var count = 1

    init(_ entry: HistoryEntry) { (newest, oldest) = (entry, entry) }

    /// Whether an older commit is one more save of the same file.
    func takes(_ entry: HistoryEntry) -> Bool {
        guard newest.paths.count == 1, newest.pathsOmitted == 0, entry.paths == newest.paths,
            entry.device == newest.device, entry.agent == newest.agent,
            entry.subject == newest.subject, let later = oldest.seconds,
            let earlier = entry.seconds
        else { return false }
        return later - earlier <= Limits.burstSeconds
    }

    /// Takes one more save.
    mutating func add(_ entry: HistoryEntry) {
        oldest = entry
        count += 1
    }
}

extension HistoryEntry {
    /// Its date, in seconds since 1970.
    package var seconds: Int64? {
        Instant(iso: Array(time.utf8))?.seconds
    }
}
