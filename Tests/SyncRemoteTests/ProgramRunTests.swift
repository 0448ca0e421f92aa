import Glibc
import SyncModel
import Testing

@testable import SyncRemote

@Suite("A program run for its answer")
struct ProgramRunTests {
    @Test("gives the code, what it wrote and what it said")
    func answer() throws {
        let (code, run) = try #require(
            ProgramRun.answer(["/bin/sh", "-c", "echo one; echo two; echo oh >&2; exit 3"]))
        #expect(code == 3 && run.lines == ["one", "two"] && run.words == "oh" && !run.isCut)
    }

    @Test("is none when it is not there, or a signal ended it")
    func none() {
        #expect(ProgramRun.answer(["/nowhere/there-is-no-such-program"])?.code == nil)
        #expect(ProgramRun.answer(["/bin/sh", "-c", "kill -9 $$"])?.code == nil)
    }

    @Test("hears every signal, whatever the thread that started it blocks")
    func signals() throws {
        var blocked = sigset_t()
        sigemptyset(&blocked)
        sigaddset(&blocked, SIGTERM)
        sigaddset(&blocked, SIGALRM)
        var before = sigset_t()
        pthread_sigmask(SIG_BLOCK, &blocked, &before)
        let answer = ProgramRun.answer(["grep", "SigBlk", "/proc/self/status"])
        pthread_sigmask(SIG_SETMASK, &before, nil)
        #expect(try #require(answer).run.lines == ["SigBlk:\t0000000000000000"])
    }

    @Test("is cut where it goes on for ever, and nobody waits for the rest")
    func endless() throws {
        let run = try ProgramRun(["/usr/bin/yes"], environment: [:], most: 1000)
        #expect(run.isCut && run.output.count == 1000)
    }

    @Test("is ended past its time where it closes its output and complains for ever")
    func complaining() throws {
        let began = ContinuousClock.now
        let run = try ProgramRun(
            ["/bin/sh", "-c", "exec >&-; while :; do echo x >&2; done"], environment: [:],
            within: .seconds(3))
        let took = ContinuousClock.now - began
        #expect(run.code == nil && run.words.hasSuffix("x x x"))
        #expect(took >= Limits.lastWordsWait && took < .seconds(20))
    }

    @Test("is ended past its time")
    func late() {
        #expect(throws: RemoteError.self) {
            try ProgramRun(["/bin/sleep", "60"], environment: [:], within: .milliseconds(200))
        }
    }

    @Test("gets all of its input, however long, and settings over what is there already")
    func input() throws {
        let bytes = [UInt8](repeating: 0x61, count: 300_000)
        let run = try ProgramRun(
            ["/usr/bin/env", "wc", "-c"], environment: ProgramRun.ownEnvironment, input: bytes)
        #expect(run.code == 0 && run.lines.first?.contains("300000") ?? false)
        let told = try #require(
            ProgramRun.answer(["/bin/sh", "-c", "echo \"$HOME\""], with: ["HOME": "/a b"]))
        #expect(told.run.lines == ["/a b"])
    }
}
