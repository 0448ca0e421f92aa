import SyncHTTP
import SyncModel
import Testing

@testable import SyncRemote

@Suite("A transfer that takes long")
struct TransferEndTests {
    @Test("may take a second more for so many bytes, and not for one less")
    func edge() {
        let begin = ContinuousClock.now
        let end = TransferEnd(
            Limits.transferWait, slowest: Limits.transferSpeed, begin: begin)
        let second = Limits.transferSpeed
        for (moved, more) in [(0, 0), (second - 1, 0), (second, 1), (16 << 30, 16 << 20)] {
            #expect(end.after(moved) == begin + Limits.transferWait + .seconds(more))
        }
        #expect(TransferEnd(.seconds(5), begin: begin).after(.max) == begin + .seconds(5))
    }

    /// Reads what a program writes for four seconds and more.
    private func read(slowest: Int?) throws(RemoteError) -> Int {
        let words = "i=0; while [ $i -lt 40 ]; do echo 123456789; i=$((i+1)); sleep 0.1; done"
        let child = try ChildProcess(["/bin/sh", "-c", words], environment: ["PATH": "/usr/bin"])
        var stream = ProgramStream(child, patience: .seconds(60), Cancellation())
        var count = 0
        let end = try stream.talk(nil, within: .seconds(2), slowest: slowest, "read") {
            piece throws(RemoteError) in
            count += piece.count
            return false
        }
        #expect(end == .closed)
        return count
    }

    @Test("gets through while it advances, and is ended where it only trickles")
    func program() throws {
        #expect(try read(slowest: 1) == 400)
        for slowest in [nil, 1 << 20] as [Int?] {
            let error = #expect(throws: RemoteError.self) { try read(slowest: slowest) }
            #expect(error?.code == .unreachable)
            #expect(error?.cause.hasPrefix("not done after 2.0 seconds") == true)
        }
    }
}
