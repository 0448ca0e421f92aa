internal import SyncModel
import Testing

@Suite("How far work is")
struct WorkCountTests {
    @Test("is that of the step nearest to the end, and nothing when none is under way")
    func steps() {
        let work = WorkCount()
        #expect(work.progress == nil)
        work.begin(.scan, of: 10)
        work.add(.scan, 4)
        #expect(work.progress?.step == .scan)
        #expect(work.progress?.done == 4)
        #expect(work.progress?.total == 10)
        work.begin(.fetch)
        work.set(.fetch, 3, of: 7)
        work.add(.fetch, 0, bytes: 100)
        #expect(work.progress?.step == .fetch)
        #expect(work.progress?.done == 3)
        #expect(work.progress?.total == 7)
        #expect(work.progress?.bytes == 100)
        work.end(.fetch)
        #expect(work.progress?.step == .scan)
        work.begin(.scan)
        #expect(work.progress?.done == 0)
        #expect(work.progress?.total == nil)
        work.end(.scan)
        #expect(work.progress == nil)
    }

    private static let rests: [(done: Int, total: Int?, seconds: Int, left: Int?)] = [
        (25, 100, 10, 30), (100, 100, 10, 0), (1, 3, 1, 2), (0, 100, 10, nil), (25, nil, 10, nil),
        // A folder has more files than when it was last looked at.
        (101, 100, 10, nil),
        (1, .max, 1_000, nil), (-1, 100, 10, nil),
    ]

    @Test("says how long it takes if it goes on as it did", arguments: rests)
    func left(_ rest: (done: Int, total: Int?, seconds: Int, left: Int?)) {
        let progress = WorkProgress(
            .store, done: rest.done, of: rest.total, bytes: 0, in: .seconds(rest.seconds))
        #expect(progress.secondsLeft == rest.left)
    }

    @Test("has no rate in its first second")
    func early() {
        let early = WorkProgress(.push, done: 5, of: 10, bytes: 0, in: .milliseconds(999))
        #expect(early.secondsLeft == nil)
        let later = WorkProgress(.push, done: 5, of: 10, bytes: 0, in: .milliseconds(1_000))
        #expect(later.secondsLeft == 1)
    }
}
