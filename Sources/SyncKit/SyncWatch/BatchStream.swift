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
        /// The consumer, when it waits for the next notice.
        var consumer: CheckedContinuation<Void, Never>?
        var isStopped = false

        mutating func add(_ notice: WatchNotice) {
            switch notice {
            case .batch(let folder, let batch): batches[folder, default: Batch()].merge(batch)
            case .directoryChanged(let path): directories[path] = directories[path] ?? false
            case .directoryLost(let path): directories[path] = true
            }
        }

        var hasMore: Bool { !batches.isEmpty || !directories.isEmpty }

        mutating func next() -> WatchNotice? {
            isInHand = hasMore
            if let folder = batches.keys.min(), let batch = batches.removeValue(forKey: folder) {
                return .batch(folder: folder, batch)
            }
            guard let (path, isLost) = directories.popFirst() else { return nil }
            return isLost ? .directoryLost(path) : .directoryChanged(path)
        }
    }

    fileprivate final class Mailbox: Sendable {
        let waiting = Mutex(Waiting())

        /// Changes what waits, and wakes the consumer.
        func change(_ body: (inout Waiting) -> Void) {
            let consumer = waiting.withLock { waiting in
                body(&waiting)
                return waiting.consumer.take()
            }
            consumer?.resume()
        }

        /// Waits for a change, on the caller's actor: its thread is woken, and no other before.
        func wait(isolation actor: isolated (any Actor)?) async {
            await withTaskCancellationHandler {
                await withCheckedContinuation(isolation: actor) { consumer in
                    let isDue = waiting.withLock { waiting in
                        if waiting.isStopped || waiting.hasMore { return true }
                        waiting.consumer = consumer
                        return false
                    }
                    if isDue { consumer.resume() }
                }
            } onCancel: {
                change { $0.isStopped = true }
            }
        }
    }

    /// The loop itself, for its status and orders.
    package let loop: WatchLoop
    private let mailbox: Mailbox

    /// Starts a watch loop.
    /// - Parameter maxWatches: directories of one folder past which the limit is taken for
    ///   reached.
    /// - Throws: `.limit` when there is no descriptor or thread left.
    package init(
        _ folders: [WatchedFolder], timing: BatchTiming, maxWatches: Int = .max
    ) throws(WatchError) {
        let mailbox = Mailbox()
        self.mailbox = mailbox
        loop = try WatchLoop(folders, timing: timing, maxWatches: maxWatches) { notice in
            mailbox.change { $0.add(notice) }
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
        mailbox.change { $0.isStopped = true }
    }

    /// Gives what waits, the lowest folder first.
    package func makeAsyncIterator() -> Iterator {
        Iterator(mailbox: mailbox)
    }

    /// Waits for the next notice.
    package struct Iterator: AsyncIteratorProtocol {
        fileprivate let mailbox: Mailbox

        /// The next notice; nil when the sequence was stopped or the task cancelled.
        package mutating func next() async -> WatchNotice? { await next(isolation: #isolation) }

        /// The same on the caller's actor.
        package mutating func next(
            isolation actor: isolated (any Actor)?
        ) async -> WatchNotice? {
            while true {
                let (notice, isStopped) = mailbox.waiting.withLock { ($0.next(), $0.isStopped) }
                if notice != nil || isStopped { return notice }
                await mailbox.wait(isolation: actor)
            }
        }
    }
}
