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

    /// Which objects need no writing. The handle on the packs is its own: it is asked by one
    /// thread at a time, but not always by the same. What somebody put there loose is packed.
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
        known = Mutex(Known(database: try DatabaseHandle(packsOf: objects), ids: ids))
    }

    /// Reads each of `0..<count`, a stretch at a time: while one is taken the next is read.
    /// - Parameter take: what came of each index, in order.
    func run<Outcome: Sendable>(
        _ count: Int, _ read: @Sendable (Int) -> (content: [UInt8]?, outcome: Outcome),
        take: (Blob<Outcome>) throws(RepositoryError) -> Void
    ) throws(RepositoryError) {
        let result = withoutActuallyEscaping(read) { read in
            Result { () throws(RepositoryError) in
                var reading = begin(0..<count, read)
                while let blobs = try reading.blobs() {
                    reading = begin(reading.rest, read)
                    // Nothing may read on when this has returned.
                    defer { reading.wait() }
                    for blob in blobs { try take(blob) }
                }
            }
        }
        try result.get()
    }

    /// Starts reading a stretch: up to `Limits.batchPaths` files and a quarter of
    /// `Limits.captureBytes` of content, so that the rest is left for the stretch before and the
    /// last file of each thread.
    private func begin<Outcome: Sendable>(
        _ range: Range<Int>,
        _ read: @escaping @Sendable (Int) -> (content: [UInt8]?, outcome: Outcome)
    ) -> Stretch<Outcome> {
        let stretch = Stretch<Outcome>(range)
        stretch.start(min(range.count, Limits.captureThreads)) { () throws(RepositoryError) in
            let deflater = try Deflater()
            while let index = stretch.takeIndex() {
                let (content, outcome) = read(index)
                let blob = self.deflate(content, outcome, deflater)
                stretch.put(index, blob, bytes: content?.count ?? 0)
            }
        }
        return stretch
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
        var done: [BlobStage.Blob<Outcome>?] = []
        var failure: RepositoryError?
    }

    private let range: Range<Int>
    private let state: Mutex<State>
    private let threads = DispatchGroup()

    init(_ range: Range<Int>) {
        self.range = range
        state = Mutex(State(next: range.lowerBound))
    }

    /// Runs the work on so many threads.
    func start(_ count: Int, _ work: @escaping @Sendable () throws(RepositoryError) -> Void) {
        for _ in 0..<count {
            DispatchQueue.global(qos: .userInitiated).async(group: threads) { [self] in
                do throws(RepositoryError) { try work() } catch {
                    state.withLock { $0.failure = $0.failure ?? error }
                }
            }
        }
    }

    /// Waits until nobody works.
    func wait() { threads.wait() }

    /// What comes after this stretch, when nobody works any more.
    var rest: Range<Int> { state.withLock { $0.next..<range.upperBound } }

    /// The next index to read; nil when enough was read.
    func takeIndex() -> Int? {
        state.withLock { state in
            guard state.failure == nil, state.next < range.upperBound,
                state.next - range.lowerBound < Limits.batchPaths,
                state.bytes < Limits.captureBytes / 4
            else { return nil }
            defer { state.next += 1 }
            state.done.append(nil)
            return state.next
        }
    }

    func put(_ index: Int, _ blob: BlobStage.Blob<Outcome>, bytes: Int) {
        state.withLock { state in
            state.bytes += bytes
            state.done[index - range.lowerBound] = blob
        }
    }

    /// Waits, and gives what came of the indexes, in order; nil when there were none.
    func blobs() throws(RepositoryError) -> [BlobStage.Blob<Outcome>]? {
        wait()
        let state = state.withLock { $0 }
        if let failure = state.failure { throw failure }
        if range.isEmpty { return nil }
        return state.done.compactMap { $0 }
    }
}
