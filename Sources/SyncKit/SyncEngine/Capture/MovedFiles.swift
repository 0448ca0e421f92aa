internal import SyncModel

/// A file that came to a folder.
struct Arrival: Hashable {
    let folder: FolderID
    /// In the folder.
    let path: TreePath
    let content: ObjectID
}

/// What came to the folders, in one capture and a moment ago in another folder. Of a file that was
/// moved that is the one half and its deletion the other: each is the half of one deletion alone,
/// and only as long as it stands.
struct MovedFiles {
    /// What came, by content.
    private typealias Halves = [ObjectID: [Arrival]]
    /// Of the captures before, in milliseconds; the newest last.
    private var before: [(arrival: Arrival, at: Int64)] = []
    private var came: () -> [Arrival] = { [] }
    private var now: Int64 = 0
    /// Made for the first deletion that asks: most captures have none, and a first scan has a
    /// million files.
    private var halves: (fresh: Halves, late: Halves)?

    /// Begins a capture.
    /// - Parameters:
    ///   - came: gives what it read.
    ///   - now: by the wall clock: one that is set forgets too early, and then deletions are held.
    mutating func begin(_ came: @escaping () -> [Arrival], at now: Timestamp) {
        (self.came, self.now) = (came, now.milliseconds)
        let window = 0..<Limits.movedBetweenFoldersMilliseconds
        before.removeAll { !window.contains(now.milliseconds - $0.at) }
    }

    /// Takes the arrival that a file which is gone has moved to.
    /// - Parameters:
    ///   - folder: where it is gone from.
    ///   - stands: whether what came in a capture before is there still.
    /// - Returns: false when there is none: it was deleted.
    mutating func claim(
        _ content: ObjectID, goneFrom folder: FolderID, stands: (Arrival) throws -> Bool
    ) rethrows -> Bool {
        var (fresh, late) = takeHalves()
        defer { halves = (fresh, late) }
        if fresh[content]?.popLast() != nil { return true }
        guard let known = late[content] else { return false }
        for (index, arrival) in known.enumerated() where arrival.folder != folder {
            if try !stands(arrival) { continue }
            late[content]?.remove(at: index)
            return true
        }
        return false
    }

    /// Gives the halves away, so that the one who changes them has the only copy.
    private mutating func takeHalves() -> (fresh: Halves, late: Halves) {
        defer { halves = nil }
        return halves
            ?? (
                Dictionary(grouping: came(), by: \.content),
                Dictionary(grouping: before.map(\.arrival), by: \.content)
            )
    }

    /// Ends a capture: what nothing has moved to yet is kept for a moment, up to
    /// `Limits.movedBetweenFolders`.
    /// - Parameter isKept: whether there is another folder that it may have come from.
    mutating func end(isKept: Bool) {
        defer { (came, halves) = ({ [] }, nil) }
        if let late = halves?.late {
            let open = Set(late.values.joined())
            before.removeAll { !open.contains($0.arrival) }
        }
        guard isKept else { return }
        let rest = halves.map { $0.fresh.values.flatMap(\.self) } ?? came()
        if before.count + rest.count <= Limits.movedBetweenFolders {
            before += rest.map { ($0, now) }
        }
    }
}
