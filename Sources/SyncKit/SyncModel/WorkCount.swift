internal import Synchronization

/// A part of a sync that may take long.
package enum WorkStep: String, Sendable, Codable, CaseIterable {
    /// Directories are listed, and what is in them is compared.
    case scan
    /// Files are read, and written as objects.
    case store
    /// Objects come from the remote.
    case fetch
    /// New contents are written beside a folder.
    case apply
    /// Objects go to the remote.
    case push
}

/// How far the work is that is under way, for whoever watches. It is counted where it is done, on
/// any thread, at the price of an addition.
package final class WorkCount: Sendable {
    private final class Tally: Sendable {
        let done = Atomic<Int>(0)
        let bytes = Atomic<Int>(0)
    }

    private struct Span {
        let began: ContinuousClock.Instant
        var total: Int?
    }

    private let (scan, store, fetch, apply, push) = (Tally(), Tally(), Tally(), Tally(), Tally())
    private let spans = Mutex<[WorkStep: Span]>([:])

    /// Nothing is under way.
    package init() {}

    /// Begins a step, counted from nothing.
    /// - Parameter total: how many there are to do; nil when nobody knows.
    package func begin(_ step: WorkStep, of total: Int? = nil) {
        let tally = tally(step)
        spans.withLock { spans in
            spans[step] = Span(began: .now, total: total)
            tally.done.store(0, ordering: .relaxed)
            tally.bytes.store(0, ordering: .relaxed)
        }
    }

    /// Adds what was done of a step.
    package func add(_ step: WorkStep, _ count: Int, bytes: Int = 0) {
        let tally = tally(step)
        tally.done.wrappingAdd(count, ordering: .relaxed)
        if bytes > 0 { tally.bytes.wrappingAdd(bytes, ordering: .relaxed) }
    }

    /// Says how much of a step is done where that is known as a whole.
    package func set(_ step: WorkStep, _ done: Int, of total: Int) {
        tally(step).done.store(done, ordering: .relaxed)
        spans.withLock { $0[step]?.total = total }
    }

    /// Ends a step.
    package func end(_ step: WorkStep) { spans.withLock { $0[step] = nil } }

    /// How far the work is; nil when nothing is under way. Of several steps it is the one that
    /// is nearest to the end.
    package var progress: WorkProgress? {
        let steps = spans.withLock { $0 }
        guard let step = WorkStep.allCases.last(where: { steps[$0] != nil }), let span = steps[step]
        else { return nil }
        let tally = tally(step)
        return WorkProgress(
            step, done: tally.done.load(ordering: .relaxed), of: span.total,
            bytes: tally.bytes.load(ordering: .relaxed), in: .now - span.began)
    }

    private func tally(_ step: WorkStep) -> Tally {
        switch step {
        case .scan: scan
        case .store: store
        case .fetch: fetch
        case .apply: apply
        case .push: push
        }
    }
}
