import Foundation
import SyncModel
import SyncStore
import SyncTestKit
import Testing

/// A small file system of one test's own. Needs root.
private final class SmallDisk {
    let place: TemporaryPlace
    var path: String { place.path("disk") }

    static let isPossible: Bool = {
        do {
            _ = try SmallDisk(size: "1m")
            return true
        } catch {
            return false
        }
    }()

    init(size: String) throws {
        place = try TemporaryPlace()
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: false)
        let (code, output) = try run(
            ["mount", "-t", "tmpfs", "-o", "size=\(size)", "tmpfs", path])
        guard code == 0 else { throw BrokenLaw("no tmpfs: \(output)") }
    }

    func remount(_ option: String) throws {
        let (code, output) = try run(["mount", "-o", "remount,\(option)", path])
        guard code == 0 else { throw BrokenLaw("no remount: \(output)") }
    }

    deinit {
        do {
            try run(["umount", "-l", path])
        } catch {
            print("still mounted: \(path)")
        }
    }
}

@Suite(.enabled(if: SmallDisk.isPossible, "mounting a tmpfs needs root"))
struct DiskTests {
    private func batch(_ number: Int) throws -> [StateChange] {
        try (0..<500).map {
            .put(StateSamples.file(try StateSamples.path("d\(number)/\($0)"), number))
        }
    }

    @Test("a full disk fails the call, changes nothing, and passes")
    func full() throws {
        let disk = try SmallDisk(size: "2m")
        let store = try SQLiteStateStore.open("\(disk.path)/state.db")
        var number = 0
        var failure: StateStoreError?
        while failure == nil, number < 1000 {
            number += 1
            do {
                try store.advance(nil, try batch(number), applied: StateSamples.id(number))
            } catch let error as StateStoreError {
                failure = error
            }
        }
        #expect(failure?.code == .noSpace, "\(String(describing: failure))")
        #expect(number > 2)
        #expect(try store.count(nil) == (number - 1) * 500)
        #expect(try store.applied(nil) == StateSamples.id(number - 1))
        #expect(try store.files(nil, in: StateSamples.path("d\(number)")) == [])
        #expect(try store.recent(limit: 1).first?.version.id == StateSamples.id(number - 1))
        try disk.remount("size=32m")
        try store.advance(nil, try batch(number), applied: StateSamples.id(number))
        #expect(try store.count(nil) == number * 500)
    }

    @Test("a record cannot be begun on a full disk, and nothing is set aside")
    func fullAtOpen() throws {
        let disk = try SmallDisk(size: "128k")
        let filler = "\(disk.path)/filler"
        let (code, _) = try run(["dd", "if=/dev/zero", "of=\(filler)", "bs=4k", "count=64"])
        #expect(code != 0)
        let error = #expect(throws: StateStoreError.self) {
            try SQLiteStateStore.open("\(disk.path)/state.db")
        }
        #expect(error?.code == .noSpace, "\(String(describing: error))")
        let names = try FileManager.default.contentsOfDirectory(atPath: disk.path)
        #expect(!names.contains { $0.contains("corrupt") })
        // The damaged one that was set aside stays, however often that is tried.
        for _ in 0...Limits.damagedStores {
            #expect(throws: StateStoreError.self) {
                try SQLiteStateStore.open("\(disk.path)/state.db", discarding: "damaged")
            }
        }
        let left = try FileManager.default.contentsOfDirectory(atPath: disk.path)
        #expect(left.contains("state.db.corrupt-1") && !left.contains("state.db"))
        #expect(!left.contains { $0.hasPrefix("state.db.corrupt-2") })
        try FileManager.default.removeItem(atPath: filler)
        let store = try SQLiteStateStore.open("\(disk.path)/state.db")
        try store.setFact("paused", "yes")
    }

    @Test("a read-only file system is named as such")
    func readOnly() throws {
        let disk = try SmallDisk(size: "2m")
        var store: SQLiteStateStore? = try SQLiteStateStore.open("\(disk.path)/state.db")
        try store?.setFact("paused", "yes")
        store = nil
        try disk.remount("ro")
        for name in ["state.db", "new.db"] {
            let error = #expect(throws: StateStoreError.self) {
                try SQLiteStateStore.open("\(disk.path)/\(name)")
            }
            #expect(error?.code == .readOnly, "\(name): \(String(describing: error))")
        }
        let lock = #expect(throws: StateStoreError.self) {
            try VaultLock.acquire("\(disk.path)/lock")
        }
        #expect(lock?.code == .readOnly)
        let state = #expect(throws: StateStoreError.self) {
            try StateFile.write([0x7b, 0x7d], to: "\(disk.path)/state.json")
        }
        #expect(state?.code == .readOnly)
        try disk.remount("rw")
        store = try SQLiteStateStore.open("\(disk.path)/state.db")
        #expect(store?.rebuilt == false)
        #expect(try store?.fact("paused") == "yes")
    }

    @Test("state.json that does not fit leaves the old one")
    func stateFile() throws {
        let disk = try SmallDisk(size: "64k")
        let path = "\(disk.path)/state.json"
        let small = Array("{}\n".utf8)
        try StateFile.write(small, to: path)
        let error = #expect(throws: StateStoreError.self) {
            try StateFile.write([UInt8](repeating: 0x20, count: 100_000), to: path)
        }
        #expect(error?.code == .noSpace)
        #expect(try [UInt8](Data(contentsOf: URL(fileURLWithPath: path))) == small)
        #expect(try FileManager.default.contentsOfDirectory(atPath: disk.path) == ["state.json"])
    }
}
