import SyncModel
import SyncStore
import SyncTestKit
import Testing

@Suite struct ConformanceTests {
    @Test("the record in SQLite keeps the laws", arguments: RecordConformance.laws)
    func inSQLite(law: RecordLaw) throws {
        let place = try TemporaryPlace()
        try law.check(try SQLiteRecord.open(place.path("state.db")))
    }

    @Test("the record in memory keeps the laws", arguments: RecordConformance.laws)
    func inMemory(law: RecordLaw) throws {
        try law.check(InMemoryRecord())
    }

    @Test("both records say the same after any changes", arguments: 1...6 as ClosedRange<UInt64>)
    func agree(seed: UInt64) throws {
        let place = try TemporaryPlace()
        let record = try SQLiteRecord.open(place.path("state.db"))
        try RecordAgreement.check(record, InMemoryRecord(), seed: seed, steps: 150)
    }

    @Test("a record that is opened again says the same", arguments: 11...13 as ClosedRange<UInt64>)
    func reopened(seed: UInt64) throws {
        let place = try TemporaryPlace()
        let model = InMemoryRecord()
        for round in 0..<5 {
            let record = try SQLiteRecord.open(place.path("state.db"))
            #expect(!record.rebuilt)
            let folders: [FolderID] = [nil, TreePath("x"), TreePath("x/y")]
            try RecordAgreement.compare(record, model, folders, "seed \(seed), round \(round)")
            try RecordAgreement.check(record, model, seed: seed &+ UInt64(round), steps: 20)
        }
    }

    @Test("a copy of the record in memory keeps its own state")
    func copies() throws {
        let record = InMemoryRecord()
        let path = try RecordSamples.path("a")
        try record.advance(nil, [.put(RecordSamples.file(path, 1))], applied: nil)
        let copy = record.copy()
        try record.advance(nil, [.remove(path)], applied: RecordSamples.id(1))
        #expect(try copy.file(nil, path) == RecordSamples.file(path, 1))
        #expect(try copy.applied(nil) == nil)
        #expect(try record.file(nil, path) == nil)
    }
}
