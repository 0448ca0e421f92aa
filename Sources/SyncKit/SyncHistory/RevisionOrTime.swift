internal import Glibc
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
        try all(name, now: now)[0]
    }

    /// Finds the commits that a name means; of a time all that none of the others stands upon:
    /// devices that did not know of each other have one each.
    /// - Returns: the newest first, from one to `Limits.timeSides`.
    /// - Throws: as `find`; `Revision.Unknown`, too, for a time that means more than that.
    package func sides(_ name: String, now: Timestamp) throws -> [ObjectID] {
        let sides = try all(name, now: now)
        guard sides.count <= Limits.timeSides else {
            throw Revision.Unknown(
                description: "at \(name) more than \(Limits.timeSides) commits stood side by side,"
                    + " none upon another; name a commit, as syncctl log lists them")
        }
        return sides
    }

    /// The same; past `Limits.timeSides` one more than that.
    private func all(_ name: String, now: Timestamp) throws -> [ObjectID] {
        if let time = try Self.end(name, now: now) {
            let sides = try sides(at: time, now)
            if sides.isEmpty {
                throw Revision.Unknown(description: "nothing is as old as \(name)")
            }
            return sides
        }
        do {
            let commit = try Revision.find(
                name, head: head, branch: branch, reading: reader, kept: kept)
            return [commit]
        } catch let error as Revision.Unknown {
            throw Revision.Unknown(
                description:
                    "\(error.description); a time is 2026-02-08T17:45:00Z, '2h ago' or 'yesterday'")
        }
    }

    /// What was meant, in words that mean the same later on: the commits, and the time where one
    /// was given. `HEAD~2` is another commit after the next, `2h ago` another time.
    package static func lasting(
        _ name: String, now: Timestamp, found commits: [ObjectID]
    ) -> String {
        let ids = commits.map(\.short).joined(separator: ", ")
        // What is no time named the commit.
        guard let time = try? time(name, now: now) else { return ids }
        return "\(Timestamp(milliseconds: time).iso8601) (\(ids))"
    }

    /// Milliseconds since 1970 of a time as a user writes it; nil for what is not written as one.
    /// - Throws: for what begins as a date and is none.
    package static func time(_ text: String, now: Timestamp) throws(Revision.Unknown) -> Int64? {
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
        let digits = text.utf8.prefix(10).map { (0x30...0x39).contains($0) ? 0x30 : $0 }
        guard digits.elementsEqual("0000-00-00".utf8) else { return nil }
        guard let time = milliseconds(of: text) else {
            throw Revision.Unknown(
                description: "'\(text)' is no time: no such day or hour, or not written as"
                    + " 2026-02-08, 2026-02-08T17:45 (here) or 2026-02-08T17:45:00+01:00")
        }
        return time
    }

    /// The last millisecond that a time means: one of a clock without a fraction is a whole second,
    /// as the log gives it of a commit.
    /// - Returns: as `time`.
    /// - Throws: as `time`.
    package static func end(_ text: String, now: Timestamp) throws(Revision.Unknown) -> Int64? {
        guard let time = try time(text, now: now) else { return nil }
        let isSecond = text.contains(":") && !text.contains { $0 == "." || $0 == "," }
        return isSecond ? time + 999 : time
    }

    /// The same with an offset, where a time has none: for whoever may be in another zone.
    /// - Returns: what is no such time as it is.
    /// - Throws: as `time`.
    package static func inUTC(_ text: String, now: Timestamp) throws(Revision.Unknown) -> String {
        guard let time = try time(text, now: now), let end = try end(text, now: now),
            text.utf8.first.map({ (0x30...0x39).contains($0) }) ?? false, !text.hasSuffix("ago")
        else { return text }
        let second = Timestamp(milliseconds: time).iso8601
        if end != time { return second }
        let rest = String(1000 + ((time % 1000) + 1000) % 1000).dropFirst()
        return "\(second.dropLast()).\(rest)Z"
    }

    /// Milliseconds since 1970 of an ISO 8601 time; one without an offset is of this machine.
    private static func milliseconds(of text: String) -> Int64? {
        guard let instant = Instant(iso: Array(text.utf8)) else { return nil }
        let rest = Int64(instant.fraction / 1_000_000_000_000_000)
        let hasOffset = text.utf8.dropFirst(10).contains { [0x5a, 0x7a, 0x2b, 0x2d].contains($0) }
        if hasOffset { return instant.seconds * 1000 + rest }
        // Where the clocks are put forward an hour does not exist: no offset gives it.
        for guess in [instant.seconds - 86_400, instant.seconds + 86_400] {
            let seconds = instant.seconds - offset(at: guess)
            if seconds + offset(at: seconds) == instant.seconds { return seconds * 1000 + rest }
        }
        return text.utf8.count == 10 ? firstMoment(ofDay: instant.seconds).map { $0 * 1000 } : nil
    }

    /// When a day begins whose midnight the clocks leave out: they show a later time of it first.
    /// - Parameter midnight: as a clock would show it, in seconds.
    /// - Returns: nil for a day that they leave out as a whole.
    private static func firstMoment(ofDay midnight: Int64) -> Int64? {
        var later = midnight - offset(at: midnight - 86_400)
        var earlier = later - 86_400
        while later - earlier > 1 {
            let middle = (earlier + later) / 2
            if middle + offset(at: middle) < midnight { earlier = middle } else { later = middle }
        }
        return later + offset(at: later) < midnight + 86_400 ? later : nil
    }

    /// How many seconds this machine's time is ahead of UTC.
    private static func offset(at seconds: Int64) -> Int64 {
        var moment = time_t(seconds)
        var parts = tm()
        localtime_r(&moment, &parts)
        return Int64(parts.tm_gmtoff)
    }

    /// The commits that are not later than a time and of which none stands upon another, the one
    /// with the greatest stamp first.
    private func sides(at time: Int64, _ now: Timestamp) throws(RepositoryError) -> [ObjectID] {
        let stamps = CommitStamps(reading: reader, latest: now.latestClaim)
        var seen: Set<ObjectID> = [head]
        var pending = [head]
        var old: [(time: Timestamp, id: ObjectID)] = []
        while let id = pending.popLast() {
            if seen.count > Limits.historyWalk {
                throw RepositoryError(.io, "look for a time", object: head, "history too long")
            }
            let made = try stamps.time(of: id)
            if made.milliseconds <= time {
                // Its ancestors are older still.
                old.append((made, id))
                continue
            }
            for parent in try stamps.commit(id).parents where seen.insert(parent).inserted {
                pending.append(parent)
            }
        }
        old.sort { ($0.time, $0.id) > ($1.time, $1.id) }
        let history = History(stamps)
        var sides: [ObjectID] = []
        for (_, id) in old {
            var isBehind = false
            for side in sides where !isBehind {
                isBehind = try history.isAncestor(id, of: side)
            }
            if isBehind { continue }
            sides.append(id)
            if sides.count > Limits.timeSides { break }
        }
        return sides
    }
}
