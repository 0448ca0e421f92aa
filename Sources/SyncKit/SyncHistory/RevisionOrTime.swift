internal import FoundationEssentials
internal import SyncMerge
package import SyncModel

/// A commit as a user names it: a revision, or the newest commit at a time.
package struct RevisionOrTime {
    private let head: ObjectID
    private let branch: String
    private let reader: any ObjectReader
    private let kept: () throws -> [ObjectID]

    /// Takes where to look.
    /// - Parameter kept: as for `Revision.find`.
    package init(
        head: ObjectID, branch: String, _ reader: any ObjectReader,
        kept: @escaping () throws -> [ObjectID] = { [] }
    ) {
        self.head = head
        self.branch = branch
        self.reader = reader
        self.kept = kept
    }

    /// Finds the commit.
    /// - Parameters:
    ///   - name: a revision, an ISO 8601 time (a day is its beginning here), `2h ago`,
    ///     `yesterday`.
    ///   - now: what the last two count from.
    /// - Throws: `Revision.Unknown` with what was expected, or `RepositoryError`.
    package func find(_ name: String, now: Timestamp) throws -> ObjectID {
        if let time = Self.time(name, now: now) {
            guard let commit = try newest(at: time) else {
                throw Revision.Unknown(description: "nothing is as old as \(name)")
            }
            return commit
        }
        do {
            return try Revision.find(name, head: head, branch: branch, reading: reader, kept: kept)
        } catch let error as Revision.Unknown {
            throw Revision.Unknown(
                description:
                    "\(error.description); a time is 2026-02-08T17:45:00Z, '2h ago' or 'yesterday'")
        }
    }

    /// Milliseconds since 1970 of a time in words; nil when it is none.
    package static func time(_ text: String, now: Timestamp) -> Int64? {
        if text == "yesterday" { return now.milliseconds - 86_400_000 }
        let words = text.split(separator: " ")
        if words.count == 2, words[1] == "ago", let unit = words[0].last,
            let count = Int64(words[0].dropLast()), (0...1_000_000).contains(count)
        {
            let units: [Character: Int64] = [
                "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000,
            ]
            return units[unit].map { now.milliseconds - count * $0 }
        }
        for style in styles(of: text) {
            do {
                let date = try style.parse(text)
                return Int64((date.timeIntervalSince1970 * 1000).rounded())
            } catch { continue }
        }
        return nil
    }

    /// How a time of so many characters may be written. A style reads the beginning of a text
    /// and does not say that there is more.
    private static func styles(of text: String) -> [Date.ISO8601FormatStyle] {
        let day = Date.ISO8601FormatStyle(timeZone: .current).year().month().day()
        let minute = day.time(includingFractionalSeconds: false)
        switch text.utf8.count {
        case 10: return [day]
        case 19: return [minute, minute.dateTimeSeparator(.space)]
        default: return [.iso8601]
        }
    }

    /// The commit with the greatest stamp that is not later than a time.
    private func newest(at time: Int64) throws(RepositoryError) -> ObjectID? {
        let stamps = CommitStamps(reading: reader)
        var seen: Set<ObjectID> = [head]
        var pending = [head]
        var best: (time: Timestamp, id: ObjectID)?
        while let id = pending.popLast(), seen.count <= Limits.historyWalk {
            let made = try stamps.time(of: id)
            if made.milliseconds <= time {
                // Its ancestors are older still.
                if best.map({ ($0.time, $0.id) < (made, id) }) ?? true { best = (made, id) }
                continue
            }
            for parent in try stamps.commit(id).parents where seen.insert(parent).inserted {
                pending.append(parent)
            }
        }
        return best?.id
    }
}
