internal import SyncModel

/// How long a batch stays open.
package struct BatchTiming: Sendable, Equatable {
    /// An isolated change is ready after this long without another: long enough for an editor's
    /// write, close and rename to come together.
    package var debounce: Duration = .milliseconds(20)
    /// A storm is ready after this long without an event.
    package var quiet: Duration
    /// ... and at the latest after this long. A file that stays open for writing waits this long.
    package var maxWait: Duration

    package init(quiet: Duration, maxWait: Duration) {
        self.quiet = quiet
        self.maxWait = maxWait
    }
}

/// Collects a folder's events into batches. Knows no clock: every call says what time it is, in
/// nanoseconds that never go back.
///
/// A few changes after a calm are isolated and wait for the debounce alone. More paths than
/// `isolatedPaths`, or more than `burst` quick batches with less than `quiet` between them, are a
/// storm and are collected. A file being written waits apart and holds nothing up.
package struct Batcher: Sendable {
    /// A batch of more paths than this is a storm.
    static let isolatedPaths = 16
    /// So many quick batches may follow one another; each `quiet` that passes gives one back.
    static let burst: Int64 = 8

    private let debounce: Int64
    private let quiet: Int64
    private let maxWait: Int64
    /// The batch but for its files, which stand in `ready`.
    private var batch = Batch()
    /// The files of the batch, and since when each is dirty.
    private var ready: [TreePath: Int64] = [:]
    private var first: Int64 = 0
    private var last: Int64 = 0
    private var isDue = false
    /// When the quick batches so far are paid off.
    private var paid: Int64?
    /// The files being written, and since when each is dirty.
    private var writing: [TreePath: Int64] = [:]
    /// The same in the order of time; some are written no more.
    private var began: [(path: TreePath, at: Int64)] = []

    /// Opens an empty batch.
    package init(_ timing: BatchTiming) {
        func nanoseconds(_ duration: Duration) -> Int64 {
            let (seconds, attoseconds) = duration.components
            return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
        }
        quiet = nanoseconds(timing.quiet)
        debounce = min(nanoseconds(timing.debounce), quiet)
        maxWait = nanoseconds(timing.maxWait)
    }

    private var count: Int { ready.count + batch.directories.count }

    private var isEmpty: Bool { ready.isEmpty && batch.isEmpty }

    /// Whether the batch holds all it may and should be taken before more is added.
    package var isFull: Bool { count >= Limits.batchPaths }

    /// Takes note of an event.
    package mutating func add(_ event: WatchEvent, at now: Int64) {
        if case .writing(let path) = event, startWriting(path, at: now) { return }
        let wasEmpty = isEmpty
        var since = now
        switch event {
        case .changed(let path), .writing(let path):
            since = writing.removeValue(forKey: path) ?? ready[path] ?? now
            ready[path] = since
            forgetClosed()
        case .directoryAppeared(let path), .directoryGone(let path), .limitReached(let path):
            batch.directories.insert(path)
        case .overflow:
            batch.rescan = true
        case .rootGone:
            batch.rootGone = true
            isDue = true
        }
        first = wasEmpty ? since : min(first, since)
        last = now
        if batch.rescan || count > Limits.batchPaths { coarsen() }
    }

    /// Notes that everything is to be scanned, at once.
    package mutating func addRescan(at now: Int64) {
        add(.overflow, at: now)
        batch.rootGone = false
        isDue = true
    }

    /// When `take` will next give a batch if nothing more is added; nil: never.
    package func deadline() -> Int64? {
        let released = began.first.map { $0.at + maxWait }
        guard !isEmpty else { return released }
        if isDue || isFull { return last }
        let wait = isIsolated ? debounce : quiet
        return min(last + wait, first + maxWait, released ?? .max)
    }

    /// Closes the batch if its time has come. Files that have been written to for `maxWait` come
    /// along, open or not.
    package mutating func take(at now: Int64) -> Batch? {
        guard let deadline = deadline(), deadline <= now else { return nil }
        while let oldest = began.first, oldest.at + maxWait <= now {
            ready[oldest.path] = writing.removeValue(forKey: oldest.path)
            forgetClosed()
        }
        if isIsolated { paid = max(paid ?? now, now) + quiet }
        var closed = batch
        closed.paths = Set(ready.keys)
        closed.coarsen()
        closed.prune()
        batch = Batch()
        ready.removeAll()
        isDue = false
        return closed
    }

    private var isIsolated: Bool {
        count <= Self.isolatedPaths && !batch.rescan
            && paid.map { $0 - last < Self.burst * quiet } ?? true
    }

    /// Sets a file apart until it is closed; false when too many are.
    private mutating func startWriting(_ path: TreePath, at now: Int64) -> Bool {
        if writing[path] != nil { return true }
        guard began.count < Limits.batchPaths else { return false }
        let since = ready.removeValue(forKey: path) ?? now
        writing[path] = since
        let later = began.reversed().prefix { $0.at > since }.count
        began.insert((path, since), at: began.count - later)
        return true
    }

    /// Lets the files give way to directories or a rescan.
    private mutating func coarsen() {
        batch.paths = Set(ready.keys)
        ready.removeAll()
        batch.coarsen()
    }

    /// Drops the files at the head of `began` that are written no more, and all such when they
    /// are the most.
    private mutating func forgetClosed() {
        func isOpen(_ entry: (path: TreePath, at: Int64)) -> Bool {
            writing[entry.path] == entry.at
        }
        began.removeFirst(began.prefix { !isOpen($0) }.count)
        if began.count > 64, began.count > 2 * writing.count { began = began.filter(isOpen) }
    }
}
