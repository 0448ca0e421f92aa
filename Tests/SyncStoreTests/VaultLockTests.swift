import Foundation
import SyncModel
import SyncStore
import Testing

@Suite struct VaultLockTests {
    /// Another process that holds the lock until it is killed.
    private func holder(_ path: String) throws -> Process {
        let script = """
            import fcntl, os, sys
            f = open(sys.argv[1], "w"); fcntl.flock(f, fcntl.LOCK_EX)
            f.write(str(os.getpid())); f.flush()
            print("held", flush=True); sys.stdin.read()
            """
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", script, path]
        let output = Pipe()
        process.standardOutput = output
        process.standardInput = Pipe()
        try process.run()
        var said = Data()
        while said.last != 0x0a {
            let more = output.fileHandleForReading.availableData
            guard !more.isEmpty else { break }
            said += more
        }
        #expect(said == Data("held\n".utf8))
        return process
    }

    private func locked(_ path: String, waiting: Duration? = nil) -> StateStoreError? {
        #expect(throws: StateStoreError.self) {
            if let waiting {
                _ = try VaultLock.acquire(path, waiting: waiting)
            } else {
                _ = try VaultLock.acquire(path)
            }
        }
    }

    @Test("the second comer is told who runs the vault")
    func second() throws {
        let place = try TemporaryPlace()
        let lock = try VaultLock.acquire(place.path("lock"))
        let error = locked(place.path("lock"))
        let pid = ProcessInfo.processInfo.processIdentifier
        #expect(error?.code == .locked)
        #expect(error?.cause == "another syncd (pid \(pid)) runs this vault")
        withExtendedLifetime(lock) {}
    }

    @Test("letting go frees it, a hundred times")
    func released() throws {
        let place = try TemporaryPlace()
        for _ in 0..<100 { _ = try VaultLock.acquire(place.path("lock")) }
        #expect(try place.names() == ["lock"])
    }

    @Test("another process holds it until it is killed")
    func killed() throws {
        let place = try TemporaryPlace()
        let child = try holder(place.path("lock"))
        let error = locked(place.path("lock"))
        #expect(error?.code == .locked)
        #expect(error?.cause.contains("(pid \(child.processIdentifier))") == true)
        kill(child.processIdentifier, SIGKILL)
        child.waitUntilExit()
        _ = try VaultLock.acquire(place.path("lock"))
    }

    @Test("who waits has it as soon as the holder is killed")
    func waits() async throws {
        let place = try TemporaryPlace()
        let path = place.path("lock")
        let child = try holder(path)
        let start = ContinuousClock.now
        let waiter = Task.detached { try VaultLock.acquire(path, waiting: .seconds(60)) }
        kill(child.processIdentifier, SIGKILL)
        child.waitUntilExit()
        let lock = try await waiter.value
        #expect(ContinuousClock.now - start < .seconds(30))
        withExtendedLifetime(lock) {}
    }

    @Test("waiting ends at the deadline, and not before")
    func deadline() throws {
        let place = try TemporaryPlace()
        let lock = try VaultLock.acquire(place.path("lock"))
        let start = ContinuousClock.now
        let error = locked(place.path("lock"), waiting: .milliseconds(150))
        #expect(error?.code == .locked)
        #expect(ContinuousClock.now - start >= .milliseconds(150))
        withExtendedLifetime(lock) {}
    }

    @Test("no program that is started inherits it")
    func closeOnExec() throws {
        let place = try TemporaryPlace()
        let lock = try VaultLock.acquire(place.path("lock"))
        var seen = 0
        for name in try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
            var target = [CChar](repeating: 0, count: 4096)
            let count = readlink("/proc/self/fd/\(name)", &target, target.count - 1)
            guard count > 0, let descriptor = Int32(name) else { continue }
            let bytes = target[..<count].map { UInt8(bitPattern: $0) }
            let text = String(decoding: bytes, as: UTF8.self)
            guard text == place.path("lock") else { continue }
            seen += 1
            #expect(fcntl(descriptor, F_GETFD) & FD_CLOEXEC != 0)
        }
        #expect(seen == 1)
        withExtendedLifetime(lock) {}
    }

    @Test("a directory that is not there is an error, not a lock")
    func nowhere() throws {
        let place = try TemporaryPlace()
        #expect(locked(place.path("no/lock"))?.code == .io)
        #expect(locked(place.path("no/lock"), waiting: .seconds(60))?.code == .io)
    }
}
