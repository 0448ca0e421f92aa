internal import Dispatch
internal import Synchronization
internal import SyncModel

/// Reads, hashes and deflates blobs on more than one thread, a bounded stretch at a time.
final class BlobStage: Sendable {
    /// What came of one index.
    struct Blob<Outcome: Sendable>: Sendable {
        let id: ObjectID?
        /// What to write; nil when nothing was read or the object is known.
        let entry: PackEntry?
        let outcome: Outcome
    }

    /// Which objects need no writing. The handle on the objects is its own: each is asked by
    /// one thread at a time, but not always by the same.
    private struct Known: ~Copyable {
        let database: DatabaseHandle
        var ids: Set<ObjectID>

        /// Whether the object is new; it counts as known from then on.
        mutating func isNew(_ id: ObjectID) -> Bool {
            !database.has(id) && ids.insert(id).inserted
        }
    }

    private let known: Mutex<Known>

    /// Takes the directory of all objects and the names of those that the pack has.
    init(_ objects: String, known ids: Set<ObjectID>) throws(RepositoryError) {
        known = Mutex(Known(database: try DatabaseHandle(opening: objects), ids: ids))
    }

    /// Reads the next stretch: up to half of `Limits.captureBytes` of content, so that the rest
    /// is left for the last file of each thread, and up to `Limits.batchPaths` files.
    /// - Returns: what came of the first indexes of `range`, in order; at least one.
    func next<Outcome: Sendable>(
        _ range: Range<Int>, _ read: @Sendable (Int) -> (content: [UInt8]?, outcome: Outcome)
    ) throws(RepositoryError) -> [Blob<Outcome>] {
        let stretch = Stretch<Outcome>(range.prefix(Limits.batchPaths))
        let threads = min(range.count, Limits.captureThreads)
        DispatchQueue.concurrentPerform(iterations: threads) { _ in
            do throws(RepositoryError) {
                let deflater = try Deflater()
                while let index = stretch.takeIndex() {
                    let (content, outcome) = read(index)
                    let blob = deflate(content, outcome, deflater)
                    stretch.put(index, blob, bytes: content?.count ?? 0)
                }
            } catch { stretch.fail(error) }
        }
        return try stretch.blobs()
    }

    private func deflate<Outcome: Sendable>(
        _ content: [UInt8]?, _ outcome: Outcome, _ deflater: borrowing Deflater
    ) -> Blob<Outcome> {
        guard let content else { return Blob(id: nil, entry: nil, outcome: outcome) }
        let id = ObjectID(hashing: content, as: .blob)
        let isNew = known.withLock { $0.isNew(id) }
        return Blob(
            id: id, entry: isNew ? deflater.entry(.blob, content) : nil, outcome: outcome)
    }
}

/// The indexes that are being read at one time, and what came of them.
private final class Stretch<Outcome: Sendable>: Sendable {
    private struct State {
        var bytes = 0
        var next: Int
        var done: [Int: BlobStage.Blob<Outcome>] = [:]
        var failure: RepositoryError?
    }

    private let range: Range<Int>
    private let state: Mutex<State>

    init(_ range: Range<Int>) {
        self.range = range
        state = Mutex(State(next: range.lowerBound))
    }

    /// The next index to read; nil when enough was read.
    func takeIndex() -> Int? {
        state.withLock { state in
            guard state.failure == nil, state.next < range.upperBound,
                state.bytes < Limits.captureBytes / 2
            else { return nil }
            defer { state.next += 1 }
            return state.next
        }
    }

    func put(_ index: Int, _ blob: BlobStage.Blob<Outcome>, bytes: Int) {
        state.withLock { state in
            state.bytes += bytes
            state.done[index] = blob
        }
    }

    func fail(_ failure: RepositoryError) {
        state.withLock { $0.failure = $0.failure ?? failure }
    }

    /// What came of the indexes that were taken, in order.
    func blobs() throws(RepositoryError) -> [BlobStage.Blob<Outcome>] {
        let state = state.withLock { $0 }
        if let failure = state.failure { throw failure }
        return (range.lowerBound..<state.next).compactMap { state.done[$0] }
    }
}
