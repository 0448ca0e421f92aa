import SyncModel
import SyncStore
import SyncTestKit
import Testing

@Suite struct ConformanceTests {
    @Test("the record in SQLite keeps the laws", arguments: StateStoreConformance.laws)
    func inSQLite(law: RecordLaw) throws {
        let place = try TemporaryPlace()
        try law.check(try SQLiteStateStore.open(place.path("state.db")))
    }

    @Test("the record in memory keeps the laws", arguments: StateStoreConformance.laws)
    func inMemory(law: RecordLaw) throws {
        try law.check(InMemoryStateStore())
    }

    @Test("both records say the same after any changes", arguments: 1...6 as ClosedRange<UInt64>)
    func agree(seed: UInt64) throws {
        let place = try TemporaryPlace()
        let store = try SQLiteStateStore.open(place.path("state.db"))
        try StateStoreAgreement.check(store, InMemoryStateStore(), seed: seed, steps: 150)
    }

    @Test("a record that is opened again says the same", arguments: 11...13 as ClosedRange<UInt64>)
    func reopened(seed: UInt64) throws {
        let place = try TemporaryPlace()
        let model = InMemoryStateStore()
        for round in 0..<5 {
            let store = try SQLiteStateStore.open(place.path("state.db"))
            #expect(!store.rebuilt)
            let folders: [FolderID] = [nil, TreePath("x"), TreePath("x/y")]
            try StateStoreAgreement.compare(store, model, folders, "seed \(seed), round \(round)")
            try StateStoreAgreement.check(store, model, seed: seed &+ UInt64(round), steps: 20)
        }
    }

    @Test("a copy of the record in memory keeps its own state")
    func copies() throws {
        let store = InMemoryStateStore()
        let path = try StateSamples.path("a")
        try store.advance(nil, [.put(StateSamples.file(path, 1))], applied: nil)
        let copy = store.copy()
        try store.advance(nil, [.remove(path)], applied: StateSamples.id(1))
        #expect(try copy.file(nil, path) == StateSamples.file(path, 1))
        #expect(try copy.applied(nil) == nil)
        #expect(try store.file(nil, path) == nil)
    }
}
