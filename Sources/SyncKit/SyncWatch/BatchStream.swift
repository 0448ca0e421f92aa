internal import SyncModel
internal import Synchronization

/// A watch loop as an asynchronous sequence for one consumer. While the consumer is busy, the
/// batches of a folder become one, so what waits is bounded.
package final class BatchStream: AsyncSequence, Sendable {
    /// What an iteration gives: a batch, or news of a plain directory.
    package typealias Element = WatchNotice

    fileprivate struct Waiting: Sendable {
        var batches: [Int: Batch] = [:]
        /// Whether the consumer has a notice and has not asked for the next.
        var isInHand = false
        /// Plain directories, and whether each was lost.
        var directories: [String: Bool] = [:]

        mutating func add(_ notice: WatchNotice) {
            switch notice {
            case .batch(let folder, let batch): batches[folder, default: Batch()].merge(batch)
            case .directoryChanged(let path): directories[path] = directories[path] ?? false
            case .directoryLost(let path): directories[path] = true
            }
        }

        mutating func next() -> WatchNotice? {
            isInHand = !batches.isEmpty || !directories.isEmpty
            if let folder = batches.keys.min(), let batch = batches.removeValue(forKey: folder) {
                return .batch(folder: folder, batch)
            }
            guard let (path, isLost) = directories.popFirst() else { return nil }
            return isLost ? .directoryLost(path) : .directoryChanged(path)
        }
    }

    fileprivate final class Mailbox: Sendable {
        let waiting = Mutex(Waiting())
    }

    /// The loop itself, for its status and orders.
    package let loop: WatchLoop
    private let mailbox: Mailbox
    private let signals: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation

    /// Starts a watch loop.
    /// - Parameter maxWatches: directories of one folder past which the limit is taken for
    ///   reached.
    /// - Throws: `.limit` when there is no descriptor or thread left.
    package init(
        _ folders: [WatchedFolder], timing: BatchTiming, maxWatches: Int = .max
    ) throws(WatchError) {
        let mailbox = Mailbox()
        let (signals, signal) = AsyncStream.makeStream(
            of: Void.self, bufferingPolicy: .bufferingNewest(1))
        self.mailbox = mailbox
        self.signals = signals
        self.signal = signal
        loop = try WatchLoop(folders, timing: timing, maxWatches: maxWatches) { notice in
            mailbox.waiting.withLock { $0.add(notice) }
            signal.yield()
        }
    }

    /// Whether every change that was made in the folders before the call was delivered and the
    /// consumer is done with it.
    package var isQuiet: Bool {
        loop.isQuiet
            && mailbox.waiting.withLock { !$0.isInHand && $0.batches.isEmpty }
    }

    /// Ends the thread and the sequence.
    package func stop() {
        loop.stop()
        signal.finish()
    }

    /// Gives what waits, the lowest folder first.
    package func makeAsyncIterator() -> Iterator {
        Iterator(mailbox: mailbox, signals: signals.makeAsyncIterator())
    }

    /// Waits for the next notice.
    package struct Iterator: AsyncIteratorProtocol {
        fileprivate let mailbox: Mailbox
        fileprivate var signals: AsyncStream<Void>.Iterator

        /// The next notice; nil when the sequence was stopped or the task cancelled.
        package mutating func next() async -> WatchNotice? { await next(isolation: #isolation) }

        /// The same on the caller's actor.
        package mutating func next(
            isolation actor: isolated (any Actor)?
        ) async -> WatchNotice? {
            while true {
                if let notice = mailbox.waiting.withLock({ $0.next() }) { return notice }
                guard await signals.next(isolation: actor) != nil else { return nil }
            }
        }
    }
}
