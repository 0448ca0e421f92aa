import Glibc
import SyncModel
import Testing

@testable import SyncRemote

@Suite("A hook as a program")
struct HookProgramTests {
    /// A directory with one hook in it.
    private final class Place {
        let directory = "/tmp/hooks-\(UInt64.random(in: 0...UInt64.max))"
        var path: String { "\(directory)/pre-commit" }

        init(_ text: String, mode: mode_t = 0o700) throws {
            mkdir(directory, 0o700)
            let file = try #require(fopen(path, "w"))
            fputs(text, file)
            fclose(file)
            chmod(path, mode)
        }

        deinit {
            unlink(path)
            rmdir(directory)
        }

        func program() throws -> HookProgram {
            guard case .program(let program) = HookProgram.find(path) else {
                throw RemoteError(.io, "find", "\(HookProgram.find(path))")
            }
            return program
        }
    }

    private func run(_ text: String, _ input: String = "", within wait: Duration = .seconds(20))
        throws -> HookProgram.Outcome
    {
        let place = try Place(text)
        return try place.program().run(
            Array(input.utf8), environment: ["PATH": "/usr/bin:/bin"], within: wait, .init())
    }

    @Test("is refused where others may write it or its directory, and when it is none")
    func refused() throws {
        func words(_ mode: mode_t, _ above: mode_t = 0o700) throws -> String? {
            let place = try Place("#!/bin/sh\n", mode: mode)
            chmod(place.directory, above)
            guard case .refused(let words) = HookProgram.find(place.path) else { return nil }
            return words.replacing(place.directory, with: "D")
        }
        #expect(try words(0o755) == nil)
        #expect(try words(0o775) == "others may write D/pre-commit: chmod go-w")
        #expect(try words(0o702) == "others may write D/pre-commit: chmod go-w")
        #expect(try words(0o700, 0o770) == "others may write D: chmod go-w")
        #expect(try words(0o600) == "D/pre-commit is not executable: chmod u+x")
    }

    @Test("is refused when another user owns it", .enabled(if: geteuid() == 0))
    func foreign() throws {
        let place = try Place("#!/bin/sh\n")
        chown(place.path, 65534, 65534)
        guard case .refused(let words) = HookProgram.find(place.path) else {
            Issue.record("it is taken")
            return
        }
        #expect(words.hasSuffix("belongs to another user"))
    }

    @Test("is nothing where nothing stands, and no directory")
    func nothing() throws {
        guard case .nothing = HookProgram.find("/nonexistent/pre-commit") else {
            Issue.record("found")
            return
        }
        guard case .refused = HookProgram.find("/tmp") else {
            Issue.record("a directory is taken")
            return
        }
    }

    @Test("is given its input, and no shell sees its path")
    func input() throws {
        let outcome = try run("#!/bin/sh\ncat\necho oh >&2\nexit 3\n", "{\"a\": 1}\n")
        #expect(outcome.code == 3 && outcome.lines(atMost: 5) == ["{\"a\": 1}"])
        #expect(outcome.words == "oh")
    }

    @Test("need not read its input")
    func unread() throws {
        let outcome = try run("#!/bin/sh\nexit 0\n", String(repeating: "x", count: 1 << 20))
        #expect(outcome.code == 0)
    }

    @Test("goes on past the output that is kept")
    func long() throws {
        let outcome = try run("#!/bin/sh\nyes | head -c 1000000\nexit 0\n")
        #expect(outcome.code == 0 && outcome.isCut && outcome.output.count == Limits.hookOutput)
        #expect(outcome.lines(atMost: 2) == ["y", "y", "and more that is not shown"])
    }

    @Test("is ended past its time, with what it started")
    func late() throws {
        let place = try Place("#!/bin/sh\nsleep 60 &\necho $! > \"$0.child\"\nwait\n")
        defer { unlink(place.path + ".child") }
        let program = try place.program()
        #expect(throws: RemoteError.self) {
            try program.run(
                [], environment: ["PATH": "/usr/bin:/bin"], within: .milliseconds(500), .init())
        }
        let file = try #require(fopen(place.path + ".child", "r"))
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 32)
        fgets(&line, 32, file)
        let child = pid_t(atoi(line))
        #expect(child > 0)
        // It was told to end; whoever inherits it may not have waited for it yet.
        let deadline = ContinuousClock.now + .seconds(10)
        while kill(child, 0) == 0, ContinuousClock.now < deadline {
            if try stateIsZombie(child) { return }
            usleep(10_000)
        }
        #expect(kill(child, 0) != 0)
    }

    private func stateIsZombie(_ process: pid_t) throws -> Bool {
        guard let file = fopen("/proc/\(process)/stat", "r") else { return true }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        fgets(&line, 256, file)
        return String(cString: line).contains(") Z ")
    }

    @Test("is ended when it is stopped, and none begins after that")
    func stopped() throws {
        let place = try Place("#!/bin/sh\nsleep 60\n")
        let program = try place.program()
        let stop = HookProgram.Stop()
        stop.now()
        #expect(throws: RemoteError.self) {
            try program.run(
                [], environment: ["PATH": "/usr/bin:/bin"], within: .seconds(30), stop)
        }
    }
}
