internal import SyncModel
internal import Synchronization
import Testing

@testable import SyncAPI

@Suite("The ring of events")
struct EventRingTests {
    private func follow(
        _ ring: EventRing, after last: String? = nil,
        cut: @escaping @Sendable () -> Void = {}
    ) throws -> EventRing.Stream {
        let stream = ring.follow(after: last, cut: cut)
        return try #require(stream)
    }

    private func text(_ message: [UInt8]) -> String { String(decoding: message, as: UTF8.self) }

    @Test("goes on without a gap where a client left")
    func goesOn() throws {
        let ring = EventRing()
        for number in 1...5 { ring.add("n", "\(number)") }
        let now = try follow(ring).now
        ring.add("n", "6")
        ring.add("n", "7")
        let stream = try follow(ring, after: now)
        #expect(!stream.isReset)
        #expect(
            stream.missed.map(text).map { $0.split(separator: "\n").last }
                == ["data: 6", "data: 7"])
    }

    @Test(
        "says reset for an id that it does not know",
        arguments: ["", "x", "0-1", "deadbeef-3", "-", "1-2-3"])
    func reset(id: String) throws {
        let ring = EventRing()
        ring.add("n", "1")
        let stream = try follow(ring, after: id)
        #expect(stream.isReset)
        #expect(stream.missed.isEmpty)
    }

    @Test("keeps its bound of events, and says reset for what is gone")
    func bounded() throws {
        let ring = EventRing()
        let first = try follow(ring).now
        for number in 0..<2 * Limits.events { ring.add("n", "\(number)") }
        #expect(try follow(ring, after: first).isReset)
        let boot = try #require(first.split(separator: "-").first)
        let edge = try follow(ring, after: "\(boot)-\(Limits.events)")
        #expect(edge.missed.count == Limits.events)
        let ahead = try follow(ring, after: "\(boot)-\(2 * Limits.events + 1)")
        #expect(ahead.isReset)
    }

    @Test("cuts a stream that does not read, and no other")
    func cut() throws {
        let ring = EventRing()
        let isCut = Mutex(0)
        let slow = try follow(ring) { isCut.withLock { $0 += 1 } }
        for number in 0...Limits.eventBacklog { ring.add("n", "\(number)") }
        #expect(isCut.withLock { $0 } == 1)
        #expect(ring.followers == 0)
        _ = slow
    }

    @Test("gives what came since the last look in one piece")
    func pieces() async throws {
        let ring = EventRing()
        let stream = try follow(ring)
        for number in 1...3 { ring.add("n", "\(number)") }
        let bytes = stream.queue.take()
        #expect(
            text(bytes).split(separator: "\n").filter { $0.hasPrefix("data") }
                == ["data: 1", "data: 2", "data: 3"])
        #expect(stream.queue.take().isEmpty)
        ring.add("n", "4")
        ring.leave(stream.id)
        var rest: [UInt8] = []
        for await _ in stream.queue.wakeups { rest += stream.queue.take() }
        #expect(text(rest).hasSuffix("data: 4\n\n"))
    }

    @Test("has a bound of streams")
    func streams() throws {
        let ring = EventRing()
        var ids: [Int] = []
        for _ in 0..<Limits.eventStreams {
            ids.append(try follow(ring).id)
        }
        #expect(ring.follow(after: nil, cut: {}) == nil)
        ring.leave(ids[0])
        #expect(ring.follow(after: nil, cut: {}) != nil)
    }
}
