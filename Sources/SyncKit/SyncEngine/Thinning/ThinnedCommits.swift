internal import SyncMerge
internal import SyncModel

/// Which commits of a history keep what they hold, and which only their names.
///
/// A function of the history, the time and what others are past: a commit can be thinned when it
/// is old, the remote's branch reaches it and every device is past it. Whatever any of them merges
/// from then on was made upon something later, so that no merge asks for it.
struct ThinnedCommits {
    /// What is known of a commit.
    private struct Known {
        let tree: ObjectID
        let parents: [ObjectID]
        let time: Timestamp
    }

    private var known: [ObjectID: Known] = [:]
    private let reader: any ObjectReader
    /// Those that only keep their names.
    private(set) var thinned: Set<ObjectID> = []
    /// Those that stand upon old ones and are not old themselves, sorted by name.
    private(set) var boundary: [ObjectID] = []

    private static let day: Int64 = 86_400_000

    /// - Parameters:
    ///   - days: how many are kept whole; the last commit of each day before them, by UTC, keeps
    ///     what it holds.
    ///   - past: what the branch, the remote and each device hold: what is thinned is behind each.
    ///   - tips: further commits that keep what they hold, with what is behind them and not old.
    /// - Throws: `RepositoryError` when a commit cannot be read.
    init(
        keeping days: Int, at now: Timestamp, past: [ObjectID], tips: [ObjectID],
        reading reader: any ObjectReader
    ) throws(RepositoryError) {
        self.reader = reader
        for tip in past + tips { try learn(tip) }
        let edge = now.milliseconds - Int64(days) * Self.day
        var last: [Int64: ObjectID] = [:]
        var old = try common(past).filter { (known[$0]?.time.milliseconds ?? edge) < edge }
        for id in old {
            let day = (known[id]?.time.milliseconds ?? 0) / Self.day
            if last[day].map({ isLater(id, than: $0) }) ?? true { last[day] = id }
        }
        boundary = known.filter { id, commit in
            !old.contains(id) && commit.parents.contains { old.contains($0) }
        }.keys.sorted()
        old.subtract(last.values)
        thinned = old.subtracting(tips)
    }

    /// The trees of all that keep what they hold.
    var keptTrees: Set<ObjectID> {
        Set(known.filter { !thinned.contains($0.key) }.map(\.value.tree))
    }

    /// The trees of the others.
    var thinnedTrees: Set<ObjectID> { Set(thinned.compactMap { known[$0]?.tree }) }

    private func isLater(_ one: ObjectID, than other: ObjectID) -> Bool {
        guard let left = known[one], let right = known[other] else { return false }
        return (left.time, one) > (right.time, other)
    }

    /// Reads a commit and all behind it, each after its parents.
    private mutating func learn(_ tip: ObjectID) throws(RepositoryError) {
        var pending = [tip]
        var read: [ObjectID: Commit] = [:]
        while let id = pending.last {
            if known[id] != nil {
                pending.removeLast()
                continue
            }
            let commit: Commit
            if let before = read[id] { commit = before } else { commit = try reader.commit(id) }
            let unknown = commit.parents.filter { known[$0] == nil }
            if unknown.isEmpty {
                let times = commit.parents.compactMap { known[$0]?.time }
                known[id] = Known(
                    tree: commit.tree, parents: commit.parents,
                    time: CommitStamps.time(of: commit, parents: times))
                read[id] = nil
                pending.removeLast()
            } else {
                read[id] = commit
                pending += unknown
            }
            if known.count > Limits.historyWalk {
                throw RepositoryError(.io, "thin the history", object: tip, "it is too long")
            }
        }
    }

    /// The commits that stand behind each of some, none of them its own.
    private func common(_ tips: [ObjectID]) -> Set<ObjectID> {
        var common: Set<ObjectID>?
        for tip in Set(tips) {
            var behind: Set<ObjectID> = []
            var pending = known[tip]?.parents ?? []
            while let id = pending.popLast() {
                if behind.insert(id).inserted { pending += known[id]?.parents ?? [] }
            }
            common = common?.intersection(behind) ?? behind
        }
        return common ?? []
    }
}
