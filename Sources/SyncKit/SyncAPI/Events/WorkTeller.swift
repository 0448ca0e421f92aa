internal import SyncEngine
internal import SyncModel
internal import Synchronization

/// Tells those who follow the events how far the work is that takes long. While nobody follows, or
/// nothing is under way, nothing is told.
final class WorkTeller: Sendable {
    private let ring: EventRing
    private let work: WorkCount
    private let isTelling = Mutex(false)

    init(_ ring: EventRing, _ work: WorkCount) { (self.ring, self.work) = (ring, work) }

    /// Somebody follows: tells until nobody does.
    func begin() {
        let isNew = isTelling.withLock { isTelling in
            defer { isTelling = true }
            return !isTelling
        }
        if isNew { Task { await tell() } }
    }

    private func tell() async {
        let clock = ContinuousClock()
        var last: WorkProgress?
        while true {
            // A timer: whoever works does not stop to tell.
            do { try await clock.sleep(for: Limits.progressEvery) } catch { return }
            let isOver = isTelling.withLock { isTelling in
                isTelling = ring.followers > 0
                return !isTelling
            }
            if isOver { return }
            let now = work.progress
            defer { last = now }
            guard let now, now.differs(from: last), let data = EventWords.progress(now) else {
                continue
            }
            ring.add("progress", data)
        }
    }
}

extension WorkProgress {
    /// Whether something was done since.
    fileprivate func differs(from other: WorkProgress?) -> Bool {
        step != other?.step || done != other?.done || bytes != other?.bytes
    }
}
