import SyncModel
import SyncStore
import SyncTestKit
import Testing

/// What the record costs. The bounds are those of an unoptimised build on a busy machine; the
/// printed figures of a release build are the ones to read.
@Suite(.serialized) struct FigureTests {
    @discardableResult
    private func measure<Value>(
        _ name: String, atMost bound: Duration, _ body: () throws -> Value
    ) throws -> Value {
        let start = ContinuousClock.now
        let value = try body()
        let spent = ContinuousClock.now - start
        print("figure: \(name): \(spent)")
        #expect(spent < bound, "\(name)")
        return value
    }

    private func changes(_ range: Range<Int>) throws -> [StateChange] {
        try range.map {
            .put(
                StateSamples.file(
                    try StateSamples.path("notes/\($0 / 10_000)/topic-\($0 / 100)/note-\($0).md"),
                    $0))
        }
    }

    @Test("a record of 200,000 files is quick")
    func figures() throws {
        let place = try TemporaryPlace()
        var store = try SQLiteStateStore.open(place.path("state.db"))
        for batch in 0..<2 {
            let puts = try changes((batch * 100_000)..<((batch + 1) * 100_000))
            try measure("advance of 100,000 puts", atMost: .seconds(10)) {
                try store.advance(nil, puts, applied: StateSamples.id(batch))
            }
        }
        print("figure: bytes a file: \(try place.bytes("state.db").count / 200_000)")
        store = try SQLiteStateStore.open(place.path("other.db"))
        try measure("open", atMost: .seconds(1)) {
            store = try SQLiteStateStore.open(place.path("state.db"))
        }
        let directory = try StateSamples.path("notes/7/topic-777")
        let rows = try measure("100 × files(in:) of 100 rows", atMost: .seconds(1)) {
            try (0..<100).map { _ in try store.files(nil, in: directory).count }
        }
        #expect(Set(rows) == [100])
        let last = try measure("1,000 × directory(after:)", atMost: .seconds(1)) {
            var last: TreePath?
            for _ in 0..<1000 { last = try store.directory(nil, after: last) }
            return last
        }
        #expect(last != nil)
        let counts = try measure("1,000 × count", atMost: .seconds(1)) {
            try (0..<1000).map { _ in try store.count(nil) }
        }
        #expect(Set(counts) == [200_000])
        let single = try changes(55_555..<55_556)
        try measure("100 × advance of one row", atMost: .seconds(5)) {
            for _ in 0..<100 { try store.advance(nil, single, applied: nil) }
        }
        var state = StateFile()
        state.files = try measure("recent of 10,000", atMost: .seconds(2)) {
            try store.recent(limit: Limits.stateFiles)
        }
        #expect(state.files.count == Limits.stateFiles)
        let quarantined = try (0..<1000).map { try StateSamples.path("held/\($0)") }
        try measure("1,000 × hold", atMost: .seconds(5)) {
            for path in quarantined { try store.quarantine(nil, path, .unreadable) }
        }
        state.fileCount = 200_000
        let bytes = try measure("rendering 10,000 files", atMost: .seconds(3)) {
            state.rendered()
        }
        let path = place.path("state.json")
        let written = try measure("writing them", atMost: .seconds(1)) {
            try StateFile.write(bytes, to: path)
        }
        let again = try measure("not writing them again", atMost: .seconds(1)) {
            try StateFile.write(bytes, to: path)
        }
        #expect(written && !again)
    }
}
