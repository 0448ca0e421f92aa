internal import SyncMerge
internal import SyncModel

/// The remote's history beside ours, as far as they differ: tells what devices of this vault made
/// there from what anybody else did.
struct FarHistory {
    private let head: ObjectID
    private let ours: ObjectID
    private let news: [(id: ObjectID, commit: Commit)]
    private let own: [Commit]
    private let history: History
    private let repository: any ObjectRepository

    /// The trailer that names the device of a capture commit.
    private static let device = "Sync-Device"

    /// Commits of the remote's that no device of this vault made.
    struct Others {
        /// All others of them are behind these.
        let newest: [ObjectID]
        /// What devices made right behind them.
        let below: [ObjectID]
    }

    /// Reads what each of two heads has and the other has not, all of it: what was not read here
    /// would be taken for nobody's.
    init(of head: ObjectID, beside ours: ObjectID, in repository: any ObjectRepository) throws {
        let stamps = CommitStamps(reading: repository)
        let history = History(stamps)
        news = try history.commits(behind: head, notBehind: [ours]).map {
            (id: $0, commit: try stamps.commit($0))
        }
        own = try history.commits(behind: ours, notBehind: [head]).map { try stamps.commit($0) }
        (self.head, self.ours, self.history) = (head, ours, history)
        self.repository = repository
    }

    /// Finds what no device of this vault made since the remote's history parted from ours; nil
    /// when they made all of it.
    func others() throws -> Others? {
        let known = Set(own.compactMap(made))
        let others = news.filter { _, commit in
            if MergeIdentity.made(commit) { return false }
            // A commit of ours that somebody made again carries its stamp a second time.
            return made(commit).map { known.contains($0) } ?? true
        }
        if others.isEmpty {
            // All of another vault's is no work of this one.
            return try isOfThisVault() ? nil : Others(newest: [head], below: [])
        }
        let ids = Set(others.map(\.id))
        let parents = Dictionary(uniqueKeysWithValues: news.map { ($0.id, $0.commit.parents) })
        var behind: Set<ObjectID> = []
        var pending = others.flatMap(\.commit.parents)
        while let id = pending.popLast() {
            guard let next = parents[id], behind.insert(id).inserted else { continue }
            pending += next
        }
        let below = Set(others.flatMap(\.commit.parents)).subtracting(ids)
        // Each of them is looked at like this.
        if news.count * below.count > Limits.nearHistory * Limits.nearHistory {
            return Others(newest: [head], below: [])
        }
        return Others(newest: ids.subtracting(behind).sorted(), below: below.sorted())
    }

    /// Whether devices that made the remote's history made ours, too. One that shares nothing with
    /// ours may be another vault's, or what a device of ours began anew on an emptied remote.
    private func isOfThisVault() throws -> Bool {
        if try isRelated() || origin() != nil { return true }
        let devices = Set(own.compactMap { $0.trailer(Self.device) })
        return news.contains { $0.commit.trailer(Self.device).map(devices.contains) ?? false }
    }

    private func isRelated() throws -> Bool { try !history.mergeBases(head, ours).isEmpty }

    /// The commit behind ours that the remote's history went on from, though it shares nothing
    /// with ours: an `accept` of an emptied remote names it. What that history lacks of it was
    /// deleted there; without it nothing tells that from what was never there.
    func origin() throws -> ObjectID? {
        let named = Set(news.compactMap { $0.commit.trailer(ChangeWords.follows) })
        // Of two histories that began apart each has files that the other never had.
        guard news.count(where: { $0.commit.parents.isEmpty }) == 1, named.count == 1,
            let id = named.first.flatMap({ ObjectID(hex: $0) }), repository.contains(id),
            try !isRelated(), try history.isAncestor(id, of: ours)
        else { return nil }
        return id
    }

    /// Which device made a capture commit, and when; nil for a commit of another program.
    private func made(_ commit: Commit) -> String? {
        guard let device = commit.trailer(Self.device), let time = commit.trailer("Sync-HLC")
        else { return nil }
        return "\(time) \(device)"
    }
}
