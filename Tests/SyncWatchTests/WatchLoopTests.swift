import Glibc
import SyncModel
import Synchronization
import Testing

@testable import SyncWatch

private let timing = BatchTiming(quiet: .milliseconds(100), maxWait: .seconds(2))

/// Keeps what a loop delivers.
private final class Deliveries: Sendable {
    private let notices = Mutex<[(notice: WatchNotice, at: Int64)]>([])

    func add(_ notice: WatchNotice) { notices.withLock { $0.append((notice, now())) } }

    /// Takes all up to the first that satisfies a condition, and gives the time of that one.
    func until(_ holds: (WatchNotice) -> Bool) -> Int64? {
        var found: Int64?
        _ = eventually {
            notices.withLock { notices in
                guard let index = notices.firstIndex(where: { holds($0.notice) }) else {
                    return false
                }
                found = notices[index].at
                notices.removeFirst(index + 1)
                return true
            }
        }
        return found
    }

    func has(_ folder: Int = 0, _ holds: (Batch) -> Bool) -> Bool {
        until {
            if case .batch(folder, let batch) = $0 { holds(batch) } else { false }
        } != nil
    }
}

private func loop(
    _ folders: [TemporaryFolder], _ deliveries: Deliveries, maxWatches: Int = .max
) throws -> WatchLoop {
    try WatchLoop(
        folders.map { WatchedFolder(root: $0.root, shouldWatch: { _ in true }) }, timing: timing,
        maxWatches: maxWatches, deliver: { deliveries.add($0) })
}

@Suite("The watch loop", .serialized) struct WatchLoopTests {
    @Test("begins with a rescan of each folder and then tells them apart")
    func folders() throws {
        let folders = [TemporaryFolder(), TemporaryFolder()]
        defer { for folder in folders { folder.remove() } }
        let deliveries = Deliveries()
        let loop = try loop(folders, deliveries)
        defer { loop.stop() }
        #expect(deliveries.has(0) { $0.rescan })
        #expect(deliveries.has(1) { $0.rescan })
        folders[1].run("echo 1 > b")
        #expect(deliveries.has(1) { $0.paths == [path("b")] })
        folders[0].run("mkdir d")
        #expect(deliveries.has(0) { $0.directories == [path("d")] })
        #expect(loop.status(folder: 0) == WatchStatus(directories: 2))
    }

    @Test("delivers an isolated change within 100 ms")
    func latency() throws {
        let folder = TemporaryFolder()
        defer { folder.remove() }
        let deliveries = Deliveries()
        let loop = try WatchLoop(
            [WatchedFolder(root: folder.root, shouldWatch: { _ in true })],
            timing: BatchTiming(quiet: .milliseconds(300), maxWait: .seconds(5)),
            deliver: { deliveries.add($0) })
        defer { loop.stop() }
        #expect(deliveries.has { $0.rescan })
        var taken: [Int64] = []
        for round in 0..<8 {
            let name = "\(round)"
            let file = creat("\(folder.root)/\(name)", 0o600)
            write(file, "x", 1)
            let begin = now()
            close(file)
            let end = try #require(
                deliveries.until {
                    if case .batch(0, let batch) = $0 { batch.paths == [path(name)] } else { false }
                })
            taken.append(end - begin)
        }
        taken.sort()
        print("close to batch, median \(taken[4] / 1_000) us, most \(taken[7] / 1_000) us")
        #expect(taken[4] < 100_000_000)
    }

    @Test("sleeps while nothing changes")
    func idle() throws {
        let folder = TemporaryFolder()
        defer { folder.remove() }
        let thread = Mutex("")
        let deliveries = Deliveries()
        var patient = BatchTiming(quiet: .milliseconds(400), maxWait: .seconds(5))
        patient.debounce = patient.quiet
        let loop = try WatchLoop(
            [WatchedFolder(root: folder.root, shouldWatch: { _ in true })], timing: patient,
            deliver: { notice in
                var target = [UInt8](repeating: 0, count: 64)
                let count = target.withUnsafeMutableBytes {
                    readlink("/proc/thread-self", $0.baseAddress!, $0.count)
                }
                let name = String(decoding: target.prefix(count), as: UTF8.self)
                thread.withLock { $0 = name }
                deliveries.add(notice)
            })
        defer { loop.stop() }
        #expect(deliveries.has { $0.rescan })
        let name = thread.withLock { $0 }
        func wakeUps() -> Int? {
            guard let file = fopen("/proc/\(name)/status", "r") else { return nil }
            defer { fclose(file) }
            var line = [CChar](repeating: 0, count: 256)
            while fgets(&line, 256, file) != nil {
                let text = String(
                    decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
                if text.hasPrefix("voluntary_ctxt_switches") {
                    return Int(text.filter(\.isNumber))
                }
            }
            return nil
        }
        // A change is delivered when nothing has followed it for the debounce: until then nothing
        // happens, and a loop that looked from time to time would have woken often.
        let before = try #require(wakeUps())
        let begin = now()
        folder.run("touch a")
        let end = try #require(
            deliveries.until {
                if case .batch(0, let batch) = $0 { batch.paths == [path("a")] } else { false }
            })
        #expect(end - begin >= 400_000_000)
        let woken = try #require(wakeUps()) - before
        #expect((1...10).contains(woken))
    }

    @Test("sets the watches anew after events were lost")
    func overflow() throws {
        let folder = TemporaryFolder()
        defer { folder.remove() }
        folder.run("mkdir sub")
        let deliveries = Deliveries()
        let gate = Mutex(())
        let loop = try WatchLoop(
            [WatchedFolder(root: folder.root, shouldWatch: { _ in true })], timing: timing,
            deliver: { notice in
                deliveries.add(notice)
                gate.withLock { _ in }
            })
        defer { loop.stop() }
        #expect(deliveries.has { $0.rescan })
        gate.withLock { _ in
            folder.run("touch a")
            #expect(deliveries.has { $0.paths == [path("a")] })
            for number in 0..<9_000 { close(creat("\(folder.root)/sub/\(number)", 0o600)) }
            folder.run("mkdir lost")
        }
        #expect(deliveries.has { $0.rescan })
        folder.run("echo 1 > lost/found")
        #expect(deliveries.has { $0.paths.contains(path("lost/found")) })
    }

    @Test("says that a root is gone and watches it again when told to")
    func rootGone() throws {
        let folder = TemporaryFolder()
        defer { folder.remove() }
        let deliveries = Deliveries()
        let loop = try loop([folder], deliveries)
        defer { loop.stop() }
        #expect(deliveries.has { $0.rescan })
        shell("rm -r \(folder.root)")
        #expect(deliveries.has { $0.rootGone })
        loop.rewatch(folder: 0)
        #expect(deliveries.has { $0.rootGone && !$0.rescan })
        #expect(loop.status(folder: 0).error?.code == .rootMissing)
        shell("mkdir \(folder.root)")
        loop.rewatch(folder: 0)
        #expect(deliveries.has { $0.rescan && !$0.rootGone })
        folder.run("touch a")
        #expect(deliveries.has { $0.paths == [path("a")] })
        #expect(loop.status(folder: 0) == WatchStatus(directories: 1))
    }

    @Test("watches what is no longer ignored when told to")
    func rewatch() throws {
        let folder = TemporaryFolder()
        defer { folder.remove() }
        folder.run("mkdir build")
        let ignored = Mutex(true)
        let deliveries = Deliveries()
        let loop = try WatchLoop(
            [
                WatchedFolder(
                    root: folder.root,
                    shouldWatch: { path in ignored.withLock { !($0 && path.text == "build") } })
            ], timing: timing, deliver: { deliveries.add($0) })
        defer { loop.stop() }
        #expect(deliveries.has { $0.rescan })
        ignored.withLock { $0 = false }
        loop.rewatch(folder: 0)
        #expect(deliveries.has { $0.rescan })
        folder.run("touch build/a")
        #expect(deliveries.has { $0.paths == [path("build/a")] })
    }

    @Test("says which directories are not watched")
    func limit() throws {
        let folder = TemporaryFolder()
        defer { folder.remove() }
        let deliveries = Deliveries()
        let loop = try loop([folder], deliveries, maxWatches: 1)
        defer { loop.stop() }
        #expect(deliveries.has { $0.rescan })
        folder.run("mkdir d")
        #expect(deliveries.has { $0.directories == [path("d")] })
        #expect(loop.status(folder: 0) == WatchStatus(directories: 1, unwatched: [path("d")]))
        #expect((WatchLoop.limit ?? 0) > 0)
    }

    @Test("reports plain directories, but not git's lock files")
    func plainDirectory() throws {
        let refs = TemporaryFolder()
        defer { refs.remove() }
        let deliveries = Deliveries()
        let loop = try loop([], deliveries)
        defer { loop.stop() }
        loop.watchDirectory(refs.root)
        loop.watchDirectory(refs.root + "/missing")
        #expect(deliveries.until { $0 == .directoryLost(refs.root + "/missing") } != nil)
        refs.run("touch sync.lock; mkdir other")
        #expect(deliveries.until { $0 == .directoryChanged(refs.root) } != nil)
        refs.run("mv sync.lock sync")
        #expect(deliveries.until { $0 == .directoryChanged(refs.root) } != nil)
        shell("rm -r \(refs.root)")
        #expect(deliveries.until { $0 == .directoryLost(refs.root) } != nil)
        shell("mkdir \(refs.root)")
        loop.watchDirectory(refs.root)
        #expect(
            eventually {
                refs.run("touch again; rm again")
                return deliveries.until { $0 == .directoryChanged(refs.root) } != nil
            })
    }

    @Test("ends its thread")
    func stop() throws {
        let folder = TemporaryFolder()
        defer { folder.remove() }
        for _ in 0..<300 {
            let loop = try loop([folder], Deliveries())
            loop.stop()
            loop.stop()
        }
        #expect(shell("test $(ls /proc/\(getpid())/task | wc -l) -lt 100") == 0)
    }
}

@Suite("The stream of batches") struct BatchStreamTests {
    @Test("makes one batch of many while nobody takes them", .timeLimit(.minutes(1)))
    func slowConsumer() async throws {
        let folder = TemporaryFolder()
        defer { folder.remove() }
        let stream = try BatchStream(
            [WatchedFolder(root: folder.root, shouldWatch: { _ in true })], timing: timing)
        defer { stream.stop() }
        var notices = stream.makeAsyncIterator()
        var first = Batch()
        first.rescan = true
        #expect(await notices.next() == .batch(folder: 0, first))
        let seen = Mutex(Set<TreePath>())
        let watcher = try WatchLoop(
            [WatchedFolder(root: folder.root, shouldWatch: { _ in true })], timing: timing,
            deliver: { notice in
                guard case .batch(_, let batch) = notice else { return }
                seen.withLock { $0.formUnion(batch.paths) }
            })
        #expect(eventually { watcher.status(folder: 0).directories == 1 })
        for name in ["a", "b", "c"] {
            folder.run("touch \(name)")
            #expect(eventually { seen.withLock { $0.contains(path(name)) } })
        }
        var all: Set<TreePath> = []
        var count = 0
        while all.count < 3, case .batch(0, let batch)? = await notices.next() {
            all.formUnion(batch.paths)
            count += 1
        }
        #expect(all == [path("a"), path("b"), path("c")])
        #expect(count <= 2)
        stream.stop()
        #expect(await notices.next() == nil)
    }
}
