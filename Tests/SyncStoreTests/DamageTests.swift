import Foundation
import SyncModel
import SyncStore
import SyncTestKit
import Testing

/// A file where the record should be that is none, and what is wrong with it.
struct Garbage: Sendable, CustomStringConvertible {
    let description: String
    let make: @Sendable (TemporaryPlace) throws -> Void

    static let all: [Garbage] = [
        Garbage(description: "an empty file") { try $0.write("state.db", []) },
        Garbage(description: "one byte") { try $0.write("state.db", [0x53]) },
        Garbage(description: "text") { try $0.write("state.db", Array("not a database\n".utf8)) },
        Garbage(description: "zeros") {
            try $0.write("state.db", [UInt8](repeating: 0, count: 8192))
        },
        Garbage(description: "noise") { place in
            var numbers = SeededRandom(seed: 7)
            try place.write(
                "state.db", (0..<50_000).map { _ in UInt8.random(in: 0...255, using: &numbers) })
        },
        Garbage(description: "noise behind a right header") { place in
            _ = try filled(place)
            var numbers = SeededRandom(seed: 8)
            let sound = try place.bytes("state.db")
            let noise = sound.dropFirst(100).map { _ in UInt8.random(in: 0...255, using: &numbers) }
            try place.write("state.db", sound.prefix(100) + noise)
        },
        Garbage(description: "another program's database") { place in
            try sql(place, "CREATE TABLE t(a); INSERT INTO t VALUES (1)")
        },
        Garbage(description: "a later version") { place in
            _ = try filled(place)
            try sql(place, "PRAGMA user_version = 99")
        },
        Garbage(description: "a missing table") { place in
            _ = try filled(place)
            try sql(place, "DROP TABLE recent")
        },
        Garbage(description: "a table with other columns") { place in
            _ = try filled(place)
            try sql(place, "ALTER TABLE files DROP COLUMN sha256")
        },
    ]
}

/// Makes a record with 500 files, a commit and a fact, and closes it.
func filled(_ place: TemporaryPlace) throws -> [TrackedFile] {
    let store = try SQLiteStateStore.open(place.path("state.db"))
    let files = try (0..<500).map {
        StateSamples.file(try StateSamples.path("d\($0 % 9)/name-\($0)"), $0)
    }
    try store.advance(nil, files.map(StateChange.put), applied: StateSamples.id(1))
    try store.setFact("paused", "yes")
    return files
}

private func sql(_ place: TemporaryPlace, _ text: String) throws {
    let script = """
        import sqlite3, sys
        c = sqlite3.connect(sys.argv[1]); c.executescript(sys.argv[2]); c.commit(); c.close()
        """
    let (code, output) = try run(["python3", "-c", script, place.path("state.db"), text])
    #expect(code == 0, "\(output)")
}

@Suite struct DamageTests {
    @Test("what is no record is set aside and one is begun", arguments: Garbage.all)
    func garbage(garbage: Garbage) throws {
        let place = try TemporaryPlace()
        try garbage.make(place)
        let before = try place.bytes("state.db")
        let store = try SQLiteStateStore.open(place.path("state.db"))
        #expect(store.rebuilt)
        #expect(store.rebuiltReason?.isEmpty == false)
        #expect(try store.count(nil) == 0)
        #expect(try store.fact("paused") == nil)
        #expect(try place.bytes("state.db.corrupt-1").count == before.count)
        try store.setFact("paused", "no")
        #expect(try store.fact("paused") == "no")
    }

    @Test("tables that came later are made in a record of before")
    func additions() throws {
        let place = try TemporaryPlace()
        let files = try filled(place)
        try sql(place, "DROP TABLE parked; DROP TABLE versions")
        let store = try SQLiteStateStore.open(place.path("state.db"))
        #expect(!store.rebuilt)
        #expect(try store.count(nil) == files.count)
        #expect(try store.parked(nil).isEmpty)
        let note = DeferredPath(path: files[0].path, base: StateSamples.id(1))
        try store.advance(nil, [.park(note.path, base: note.base)], applied: nil)
        #expect(try store.parked(nil) == [note])
    }

    @Test("a record cut short is found out", arguments: 1...40 as ClosedRange<UInt64>)
    func truncated(seed: UInt64) throws {
        let place = try TemporaryPlace()
        _ = try filled(place)
        let sound = try place.bytes("state.db")
        var numbers = SeededRandom(seed: seed)
        let length = Int.random(in: 0..<sound.count, using: &numbers)
        try place.write("state.db", Array(sound.prefix(length)))
        let store = try SQLiteStateStore.open(place.path("state.db"))
        #expect(store.rebuilt, "cut to \(length) of \(sound.count)")
        #expect(try store.count(nil) == 0)
    }

    @Test("bytes that turned are survived", arguments: 1...60 as ClosedRange<UInt64>)
    func turned(seed: UInt64) throws {
        let place = try TemporaryPlace()
        let files = try filled(place)
        var bytes = try place.bytes("state.db")
        var numbers = SeededRandom(seed: seed)
        for _ in 0..<Int.random(in: 1...200, using: &numbers) {
            let offset = Int.random(in: 0..<bytes.count, using: &numbers)
            bytes[offset] = UInt8.random(in: 0...255, using: &numbers)
        }
        try place.write("state.db", bytes)
        let store = try SQLiteStateStore.open(place.path("state.db"))
        if store.rebuilt { return }
        do throws(StateStoreError) {
            for file in files { _ = try store.file(nil, file.path) }
            _ = try store.recent(limit: 1000)
            try store.advance(nil, files.map(StateChange.put), applied: nil)
        } catch {
            #expect(error.code == .corrupt, "\(error)")
        }
    }

    @Test("damage deep in a large record answers corrupt, and it can be discarded")
    func deep() throws {
        let place = try TemporaryPlace()
        let path = place.path("state.db")
        var store: SQLiteStateStore? = try SQLiteStateStore.open(path)
        let files = try (0..<130_000).map {
            StateSamples.file(try StateSamples.path("directory/\($0)"), $0)
        }
        try store?.advance(nil, files.map(StateChange.put), applied: nil)
        store = nil
        var bytes = try place.bytes("state.db")
        #expect(bytes.count > Limits.stateChecked)
        for offset in (bytes.count / 4)..<(bytes.count * 3 / 4) { bytes[offset] = 0x5a }
        try place.write("state.db", bytes)
        let damaged = try SQLiteStateStore.open(path)
        #expect(!damaged.rebuilt)
        let error = #expect(throws: StateStoreError.self) {
            try damaged.files(nil, in: StateSamples.path("directory"))
        }
        #expect(error?.code == .corrupt)
        let fresh = try SQLiteStateStore.open(path, discarding: "a page is damaged")
        #expect(fresh.rebuiltReason == "a page is damaged")
        #expect(try fresh.count(nil) == 0)
    }

    @Test("only the newest damaged records are kept")
    func bounded() throws {
        let place = try TemporaryPlace()
        for number in 1...6 {
            try place.write("state.db", Array("garbage \(number)".utf8))
            #expect(try SQLiteStateStore.open(place.path("state.db")).rebuilt)
        }
        let kept = try place.names().filter { $0.contains("corrupt") }
        #expect(kept == ["state.db.corrupt-4", "state.db.corrupt-5", "state.db.corrupt-6"])
        #expect(try place.bytes("state.db.corrupt-6") == Array("garbage 6".utf8))
    }

    @Test("the log of a record that is gone is not replayed into a new one")
    func strayLog() throws {
        let place = try TemporaryPlace()
        let old = try SQLiteStateStore.open(place.path("old.db"))
        try old.setFact("paused", "yes")
        try place.write("state.db-wal", try place.bytes("old.db-wal"))
        let store = try SQLiteStateStore.open(place.path("state.db"))
        #expect(!store.rebuilt)
        #expect(try store.fact("paused") == nil)
    }

    @Test("a record is opened once at a time, and stays whole")
    func once() throws {
        let place = try TemporaryPlace()
        let store = try SQLiteStateStore.open(place.path("state.db"))
        let error = #expect(throws: StateStoreError.self) {
            try SQLiteStateStore.open(place.path("state.db"))
        }
        #expect(error?.code == .locked)
        try store.setFact("paused", "yes")
        #expect(try place.names().filter { $0.contains("corrupt") } == [])
    }

    @Test("a directory where the record should be is an error and stays")
    func directory() throws {
        let place = try TemporaryPlace()
        try FileManager.default.createDirectory(
            atPath: place.path("state.db"), withIntermediateDirectories: false)
        let error = #expect(throws: StateStoreError.self) {
            try SQLiteStateStore.open(place.path("state.db"))
        }
        #expect(error?.code == .io)
        #expect(try place.names() == ["state.db"])
    }

    @Test("the record is the owner's alone")
    func mode() throws {
        let place = try TemporaryPlace()
        let store = try SQLiteStateStore.open(place.path("state.db"))
        try store.setFact("a", "b")
        for name in try place.names() {
            let attributes = try FileManager.default.attributesOfItem(atPath: place.path(name))
            #expect(attributes[.posixPermissions] as? Int == 0o600, "\(name)")
        }
    }
}
