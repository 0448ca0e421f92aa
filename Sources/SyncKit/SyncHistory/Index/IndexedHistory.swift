internal import SyncModel
internal import SyncStore

/// What a vault's index knows of its history, for one walk over it.
///
/// The index says only where to look: each commit it names is looked at as if there were none, and
/// what it does not have yet is walked over. Without it, or with one that cannot be read, the
/// answer is the same.
final class IndexedHistory {
    private let index: HistoryIndex
    let commits: IndexedCommits
    private let refused: Timestamp?

    /// Opens a vault's index; nil where there is none that can be read.
    convenience init?(_ configuration: Configuration) {
        do throws(StateStoreError) {
            guard let index = try HistoryIndex.reading(HistoryIndexer.path(configuration)) else {
                return nil
            }
            try self.init(index)
        } catch {
            // Whoever fills it makes it anew; the history itself is there to be walked over.
            return nil
        }
    }

    init(_ index: HistoryIndex) throws(StateStoreError) {
        self.index = index
        refused = try index.earliestRefused()
        commits = try index.commits()
    }

    /// Whether the times in it are those that a walk finds which believes claims up to a moment.
    func believes(asUntil latest: Timestamp) -> Bool { refused.map { $0 > latest } ?? true }

    /// The number of a commit; nil when it is not in the index.
    func number(_ id: ObjectID) -> Int32? {
        do throws(StateStoreError) {
            // One that came in after the commits were read has no number here.
            return try index.find(id).flatMap { Int($0.number) < commits.count ? $0.number : nil }
        } catch {
            return commits.numbers()[id]
        }
    }

    /// The commits that may have changed a path; nil when the index cannot say.
    fileprivate func touching(_ path: TreePath) -> [Int32]? {
        do throws(StateStoreError) { return try index.commits(touching: path) } catch {
            // As if there were no index.
            return nil
        }
    }
}

/// Which commits of an index have to be looked at for some paths.
struct TouchingCommits {
    private let history: IndexedHistory
    private var isWanted: [Bool]
    /// Whether every commit is, because the index could not say.
    private var isEverything = false

    init(_ history: IndexedHistory) {
        self.history = history
        isWanted = Array(repeating: false, count: history.commits.count)
    }

    /// Wants what may have changed one more path.
    mutating func add(_ path: TreePath) {
        guard let numbers = history.touching(path) else {
            isEverything = true
            return
        }
        // A commit that came into the index after its commits were read is not in it for us.
        for number in numbers where Int(number) < isWanted.count { isWanted[Int(number)] = true }
    }

    /// Wants one more commit, where the index has it.
    mutating func add(_ commit: ObjectID) {
        if let number = history.number(commit) { isWanted[Int(number)] = true }
    }

    /// Whether a commit has to be looked at.
    func wants(_ number: Int32) -> Bool { isEverything || isWanted[Int(number)] }
}
