import Foundation
import SyncModel
import SyncStore
import SyncTestKit
import Testing

/// Every advance of these tests writes all files anew with one number, so that a half-done
/// transaction would show two.
private enum Generations {
    static let folder: FolderID = nil

    static func changes(_ number: Int, count: Int) throws -> [StateChange] {
        try (0..<count).map { .put(file(try StateSamples.path("d\($0 % 50)/\($0)"), number)) }
    }

    static func file(_ path: TreePath, _ number: Int) -> TrackedFile {
        StateSamples.file(path, number)
    }

    /// Checks that the record has all of one number; the number.
    static func check(_ store: SQLiteStateStore, count: Int) throws -> Int? {
        guard let applied = try store.applied(folder) else {
            #expect(try store.count(folder) == 0)
            return nil
        }
        #expect(try store.count(folder) == count)
        let files = try store.recent(limit: count)
        #expect(files.count == count)
        let ids = Set(files.map(\.version.id))
        #expect(ids == [applied])
        var walked = 0
        var directory: TreePath?
        repeat {
            let here = try store.files(folder, in: directory)
            #expect(here.allSatisfy { $0.version.id == applied })
            walked += here.count
            directory = try store.directory(folder, after: directory)
        } while directory != nil
        #expect(walked == count)
        let number = try store.fact("number").flatMap { Int($0) } ?? 0
        #expect([StateSamples.id(number), StateSamples.id(number + 1)].contains(applied))
        return number
    }
}

private let childVariable = "SYNCD_TEST_RECORD"

@Suite struct CrashTests {
    static let fileCount = 3000

    /// Runs only in a process of its own, which the next test starts and kills.
    @Test(
        "(in a child) a record is advanced without end",
        .enabled(if: ProcessInfo.processInfo.environment[childVariable] != nil))
    func recordAdvancer() throws {
        let path = try #require(ProcessInfo.processInfo.environment[childVariable])
        let store = try SQLiteStateStore.open(path)
        var number = try store.fact("number").flatMap { Int($0) } ?? 0
        while true {
            number += 1
            try store.advance(
                nil, try Generations.changes(number, count: Self.fileCount),
                applied: StateSamples.id(number))
            try store.setFact("number", "\(number)")
        }
    }

    @Test(
        "kill -9 in the middle of an advance leaves one version of all",
        .enabled(if: ProcessInfo.processInfo.environment[childVariable] == nil))
    func killed() throws {
        let place = try TemporaryPlace()
        var numbers = SeededRandom(seed: 42)
        var newest = 0
        for round in 0..<15 {
            let child = Process()
            child.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
            child.arguments = ["--testing-library", "swift-testing", "--filter", "recordAdvancer"]
            child.environment = ProcessInfo.processInfo.environment.merging(
                [childVariable: place.path("state.db")]) { $1 }
            child.standardOutput = FileHandle.nullDevice
            child.standardError = FileHandle.nullDevice
            try child.run()
            // How many times the log must be seen to change before the kill.
            let wanted = Int.random(in: 1...40, using: &numbers)
            let deadline = ContinuousClock.now + .seconds(20)
            // On a fast disk every kill may come before the first advance ends: the first child
            // is given time for some.
            let least = ContinuousClock.now + (round == 0 ? .seconds(3) : .zero)
            var changes = 0
            var last = timespec()
            while changes < wanted || ContinuousClock.now < least, child.isRunning,
                ContinuousClock.now < deadline
            {
                var status = stat()
                guard lstat(place.path("state.db-wal"), &status) == 0 else { continue }
                let now = status.st_mtim
                if now.tv_nsec != last.tv_nsec || now.tv_sec != last.tv_sec {
                    last = now
                    changes += 1
                }
            }
            #expect(child.isRunning, "the child ended by itself in round \(round)")
            kill(child.processIdentifier, SIGKILL)
            child.waitUntilExit()
            let store = try SQLiteStateStore.open(place.path("state.db"))
            #expect(!store.rebuilt, "\(store.rebuiltReason ?? "")")
            let number = try Generations.check(store, count: Self.fileCount) ?? 0
            #expect(number >= newest)
            newest = number
        }
        print("killed 15 times, the last number is \(newest)")
        #expect(newest > 0)
    }

    @Test("a log cut anywhere leaves whole transactions", arguments: 1...30 as ClosedRange<UInt64>)
    func cutLog(seed: UInt64) throws {
        let place = try TemporaryPlace()
        let store = try SQLiteStateStore.open(place.path("state.db"))
        for number in 1...6 {
            try store.advance(
                nil, try Generations.changes(number, count: 200),
                applied: StateSamples.id(number))
            try store.setFact("number", "\(number)")
        }
        // The record is still open: what stands on disk is what a crash would leave.
        var numbers = SeededRandom(seed: seed)
        let log = try place.bytes("state.db-wal")
        let length = Int.random(in: 0...log.count, using: &numbers)
        try place.write("crashed.db", try place.bytes("state.db"))
        try place.write("crashed.db-wal", Array(log.prefix(length)))
        let crashed = try SQLiteStateStore.open(place.path("crashed.db"))
        if crashed.rebuilt {
            // The cut came before the tables were whole.
            #expect(length < 40_000, "\(length): \(crashed.rebuiltReason ?? "")")
            return
        }
        _ = try Generations.check(crashed, count: 200)
        if length == log.count { #expect(try crashed.fact("number") == "6") }
    }
}
