import SyncModel
import Testing

@testable import SyncWatch

private let timing = BatchTiming(quiet: .milliseconds(300), maxWait: .seconds(5))

private func ms(_ milliseconds: Int64) -> Int64 { milliseconds * 1_000_000 }

/// One line of a table: what happens when, in milliseconds, and the batches that come of it.
private struct Course: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let events: [(at: Int64, event: WatchEvent)]
    let closed: [(at: Int64, paths: Set<String>)]

    init(
        _ name: String, _ events: [(at: Int64, event: WatchEvent)],
        _ closed: [(at: Int64, paths: Set<String>)]
    ) {
        testDescription = name
        self.events = events
        self.closed = closed
    }
}

/// Runs a batcher on a clock that jumps from event to deadline.
private func run(
    _ events: [(at: Int64, event: WatchEvent)]
) -> [(at: Int64, batch: Batch)] {
    var batcher = Batcher(timing)
    var closed: [(at: Int64, batch: Batch)] = []
    func close(before limit: Int64) {
        while let deadline = batcher.deadline(), deadline < limit {
            guard let batch = batcher.take(at: deadline) else {
                Issue.record("the deadline \(deadline) gave no batch")
                return
            }
            closed.append((deadline / 1_000_000, batch))
        }
    }
    for (at, event) in events {
        close(before: ms(at))
        batcher.add(event, at: ms(at))
    }
    close(before: .max)
    return closed
}

private func changes(_ name: String, _ times: some Sequence<Int64>) -> [(
    at: Int64, event: WatchEvent
)] {
    times.map { ($0, .changed(path(name))) }
}

private let courses = [
    Course("an isolated change waits for the debounce of 20 ms", changes("a", [0]), [(20, ["a"])]),
    Course(
        "an atomic save is one batch",
        [
            (0, .changed(path("t"))), (1, .writing(path("t"))), (9, .changed(path("t"))),
            (10, .changed(path("t"))), (10, .changed(path("a"))),
        ], [(30, ["t", "a"])]),
    Course(
        "a file being written waits for its close",
        [(0, .changed(path("a"))), (1, .writing(path("a"))), (900, .changed(path("a")))],
        [(920, ["a"])]),
    Course(
        "a file that stays open is released after max_wait",
        [(0, .writing(path("log"))), (4_000, .writing(path("log")))], [(5_000, ["log"])]),
    Course(
        "a file being written does not hold up another",
        [(0, .writing(path("log"))), (10, .changed(path("a"))), (15, .writing(path("log")))],
        [(30, ["a"]), (5_000, ["log"])]),
    Course(
        "a file that is written and closed without a pause comes after max_wait",
        (0..<1_000).flatMap { step in
            [
                (step * 10, WatchEvent.writing(path("a"))),
                (step * 10 + 5, WatchEvent.changed(path("a"))),
            ]
        }, [(5_000, ["a"]), (10_005, ["a"])]),
    Course(
        "a storm is collected until it is quiet",
        (0..<100).map { (Int64($0) * 10, .changed(path("f\($0)"))) },
        [(990 + 300, Set((0..<100).map { "f\($0)" }))]),
    Course(
        "a storm without end is cut after max_wait",
        (0..<60).flatMap { step in
            (0..<20).map { (Int64(step) * 100, WatchEvent.changed(path("f\($0)"))) }
        },
        [(5_000, 20), (6_200, 20)].map { at, count in (at, Set((0..<count).map { "f\($0)" })) }),
]

@Suite("Batches") struct BatcherTests {
    @Test("close in time", arguments: courses)
    private func close(course: Course) {
        let closed = run(course.events)
        #expect(closed.map(\.at) == course.closed.map(\.at))
        #expect(closed.map { Set($0.batch.paths.map(\.text)) } == course.closed.map(\.paths))
    }

    @Test("of a steady writer become rarer after a few quick ones")
    func steadyWriter() {
        let closed = run(changes("a", (0..<100).map { $0 * 50 })).map(\.at)
        #expect(closed.prefix(8) == [20, 70, 120, 170, 220, 270, 320, 370])
        #expect(closed.count < 8 + 5_000 / 300 + 3)
        #expect(closed.last! <= 4_950 + 300)
    }

    @Test("close at once when the root is gone")
    func rootGone() {
        let closed = run([(7, .changed(path("a"))), (8, .rootGone)])
        #expect(closed.map(\.at) == [8])
        #expect(closed.first?.batch.rootGone == true)
    }

    @Test("ask for a rescan and name nothing when events were lost")
    func overflow() {
        let closed = run([
            (0, .changed(path("a"))), (1, .overflow), (2, .changed(path("b"))),
            (3, .directoryAppeared(path("d"))),
        ])
        var rescan = Batch()
        rescan.rescan = true
        #expect(closed.map(\.batch) == [rescan])
        #expect(closed.map(\.at) == [303])
    }

    @Test("leave out what stands below a directory that is scanned")
    func covered() {
        let closed = run([
            (0, .changed(path("d/e/f"))), (1, .directoryAppeared(path("d"))),
            (2, .directoryGone(path("d/e"))), (2, .directoryGone(path("old"))),
            (3, .changed(path("d"))), (3, .changed(path("dd"))), (3, .limitReached(path("big"))),
        ])
        #expect(closed.count == 1)
        #expect(closed.first?.batch.paths == [path("dd")])
        #expect(closed.first?.batch.directories == [path("d"), path("old"), path("big")])
    }

    @Test("are full at the bound, and due")
    func full() {
        var batcher = Batcher(timing)
        for number in 0..<Limits.batchPaths {
            #expect(!batcher.isFull)
            batcher.add(.changed(path("d/\(number)")), at: 5)
        }
        #expect(batcher.isFull)
        #expect(batcher.deadline() == 5)
        #expect(batcher.take(at: 5)?.paths.count == Limits.batchPaths)
        #expect(batcher.deadline() == nil)
    }

    @Test("past the bound give directories for files, and a rescan for directories")
    func coarsened() {
        var batcher = Batcher(timing)
        for number in 0...Limits.batchPaths {
            batcher.add(.changed(path("d\(number % 7)/\(number)")), at: 5)
        }
        let batch = batcher.take(at: ms(10_000))
        #expect(batch?.paths == [])
        #expect(batch?.directories == Set((0..<7).map { path("d\($0)") }))

        for number in 0...Limits.batchPaths {
            batcher.add(.changed(path("\(number)")), at: ms(10_000))
        }
        #expect(batcher.take(at: ms(20_000))?.rescan == true)
    }

    @Test("hold no more files apart than the bound, and none for ever")
    func manyWriting() {
        var batcher = Batcher(timing)
        for number in 0..<(Limits.batchPaths + 3) {
            batcher.add(.writing(path("w/\(number)")), at: 0)
        }
        #expect(batcher.take(at: ms(20))?.paths.count == 3)
        #expect(batcher.take(at: ms(4_999)) == nil)
        #expect(batcher.take(at: ms(5_000))?.paths.count == Limits.batchPaths)
        #expect(batcher.deadline() == nil)
    }

    @Test("merge into one that is bounded")
    func merge() {
        var waiting = Batch()
        for round in 0..<30 {
            var later = Batch()
            later.paths = Set((0..<1_000).map { path("d\(round)/\($0)") })
            waiting.merge(later)
            #expect(waiting.count <= Limits.batchPaths)
        }
        #expect(Set((0..<10).map { path("d\($0)") }).isSubset(of: waiting.directories))
        #expect(!waiting.rescan)
        var gone = Batch()
        gone.rootGone = true
        waiting.merge(gone)
        #expect(waiting.rootGone)
        var back = Batch()
        back.rescan = true
        waiting.merge(back)
        #expect(waiting == back)
    }
}
