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
func filled(_ place: TemporaryPlace) throws -> [RecordedFile] {
    let record = try SQLiteRecord.open(place.path("state.db"))
    let files = try (0..<500).map {
        RecordSamples.file(try RecordSamples.path("d\($0 % 9)/name-\($0)"), $0)
    }
    try record.advance(nil, files.map(RecordChange.put), applied: RecordSamples.id(1))
    try record.setFact("paused", "yes")
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
        let record = try SQLiteRecord.open(place.path("state.db"))
        #expect(record.rebuilt)
        #expect(record.rebuiltReason?.isEmpty == false)
        #expect(try record.count(nil) == 0)
        #expect(try record.fact("paused") == nil)
        #expect(try place.bytes("state.db.corrupt-1").count == before.count)
        try record.setFact("paused", "no")
        #expect(try record.fact("paused") == "no")
    }

    @Test("a record cut short is found out", arguments: 1...40 as ClosedRange<UInt64>)
    func truncated(seed: UInt64) throws {
        let place = try TemporaryPlace()
        _ = try filled(place)
        let sound = try place.bytes("state.db")
        var numbers = SeededRandom(seed: seed)
        let length = Int.random(in: 0..<sound.count, using: &numbers)
        try place.write("state.db", Array(sound.prefix(length)))
        let record = try SQLiteRecord.open(place.path("state.db"))
        #expect(record.rebuilt, "cut to \(length) of \(sound.count)")
        #expect(try record.count(nil) == 0)
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
        let record = try SQLiteRecord.open(place.path("state.db"))
        if record.rebuilt { return }
        do throws(RecordError) {
            for file in files { _ = try record.file(nil, file.path) }
            _ = try record.recent(limit: 1000)
            try record.advance(nil, files.map(RecordChange.put), applied: nil)
        } catch {
            #expect(error.code == .corrupt, "\(error)")
        }
    }

    @Test("damage deep in a large record answers corrupt, and it can be discarded")
    func deep() throws {
        let place = try TemporaryPlace()
        let path = place.path("state.db")
        var record: SQLiteRecord? = try SQLiteRecord.open(path)
        let files = try (0..<130_000).map {
            RecordSamples.file(try RecordSamples.path("directory/\($0)"), $0)
        }
        try record?.advance(nil, files.map(RecordChange.put), applied: nil)
        record = nil
        var bytes = try place.bytes("state.db")
        #expect(bytes.count > Limits.recordChecked)
        for offset in (bytes.count / 4)..<(bytes.count * 3 / 4) { bytes[offset] = 0x5a }
        try place.write("state.db", bytes)
        let damaged = try SQLiteRecord.open(path)
        #expect(!damaged.rebuilt)
        let error = #expect(throws: RecordError.self) {
            try damaged.files(nil, in: RecordSamples.path("directory"))
        }
        #expect(error?.code == .corrupt)
        let fresh = try SQLiteRecord.open(path, discarding: "a page is damaged")
        #expect(fresh.rebuiltReason == "a page is damaged")
        #expect(try fresh.count(nil) == 0)
    }

    @Test("only the newest damaged records are kept")
    func bounded() throws {
        let place = try TemporaryPlace()
        for number in 1...6 {
            try place.write("state.db", Array("garbage \(number)".utf8))
            #expect(try SQLiteRecord.open(place.path("state.db")).rebuilt)
        }
        let kept = try place.names().filter { $0.contains("corrupt") }
        #expect(kept == ["state.db.corrupt-4", "state.db.corrupt-5", "state.db.corrupt-6"])
        #expect(try place.bytes("state.db.corrupt-6") == Array("garbage 6".utf8))
    }

    @Test("the log of a record that is gone is not replayed into a new one")
    func strayLog() throws {
        let place = try TemporaryPlace()
        let old = try SQLiteRecord.open(place.path("old.db"))
        try old.setFact("paused", "yes")
        try place.write("state.db-wal", try place.bytes("old.db-wal"))
        let record = try SQLiteRecord.open(place.path("state.db"))
        #expect(!record.rebuilt)
        #expect(try record.fact("paused") == nil)
    }

    @Test("a record is opened once at a time, and stays whole")
    func once() throws {
        let place = try TemporaryPlace()
        let record = try SQLiteRecord.open(place.path("state.db"))
        let error = #expect(throws: RecordError.self) {
            try SQLiteRecord.open(place.path("state.db"))
        }
        #expect(error?.code == .locked)
        try record.setFact("paused", "yes")
        #expect(try place.names().filter { $0.contains("corrupt") } == [])
    }

    @Test("a directory where the record should be is an error and stays")
    func directory() throws {
        let place = try TemporaryPlace()
        try FileManager.default.createDirectory(
            atPath: place.path("state.db"), withIntermediateDirectories: false)
        let error = #expect(throws: RecordError.self) {
            try SQLiteRecord.open(place.path("state.db"))
        }
        #expect(error?.code == .io)
        #expect(try place.names() == ["state.db"])
    }

    @Test("the record is the owner's alone")
    func mode() throws {
        let place = try TemporaryPlace()
        let record = try SQLiteRecord.open(place.path("state.db"))
        try record.setFact("a", "b")
        for name in try place.names() {
            let attributes = try FileManager.default.attributesOfItem(atPath: place.path(name))
            #expect(attributes[.posixPermissions] as? Int == 0o600, "\(name)")
        }
    }
}
