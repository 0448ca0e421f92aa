import Glibc
import Synchronization
import Testing

@testable import SyncWatch

/// The watch itself is tested with a real link in Tests/EndToEnd/test_network.py.
@Suite("Changes of the network")
struct NetworkWatchTests {
    private func message(_ kind: UInt16, _ body: [UInt8]) -> [UInt8] {
        func bytes(_ number: some FixedWidthInteger) -> [UInt8] {
            withUnsafeBytes(of: number) { Array($0) }
        }
        let length = UInt32(16 + body.count)
        return bytes(length) + bytes(kind) + bytes(UInt16(0)) + bytes(UInt64(0)) + body
    }

    private func link(_ index: Int32, _ flags: UInt32, family: UInt8 = 0) -> [UInt8] {
        [family, 0, 0, 0] + withUnsafeBytes(of: index) { Array($0) }
            + withUnsafeBytes(of: flags) { Array($0) } + [0, 0, 0, 0]
    }

    private let newLink: UInt16 = 16
    private let goneLink: UInt16 = 17
    private let newAddress: UInt16 = 20
    private let newRoute: UInt16 = 24

    private let goneAddress: UInt16 = 21
    private let goneRoute: UInt16 = 25

    @Test("addresses and routes count, a link only when something else can pass it")
    func kinds() {
        var changes = NetworkChanges()
        func take(_ bytes: [UInt8]) -> NetworkEvent? { bytes.withUnsafeBytes { changes.take($0) } }
        #expect(take(message(newAddress, [])) == .changed)
        #expect(take(message(newRoute, [])) == .changed)
        #expect(take(message(newLink, link(2, 0x1))) == .changed)
        #expect(take(message(newLink, link(2, 0x1_0041))) == .changed)
        // A wireless link tells of its surroundings all the time; multicast is another flag.
        #expect(take(message(newLink, link(2, 0x1_0041))) == nil)
        #expect(take(message(newLink, link(2, 0x1_1041))) == nil)
        #expect(take(message(newLink, link(2, 0x1, family: 7))) == nil)
        let both = message(newLink, link(2, 0x1_0041)) + message(newAddress, [1, 2, 3, 4])
        #expect(take(both) == .changed)
        #expect(take(message(goneLink, link(2, 0))) == .changed)
        #expect(take(message(goneLink, link(2, 0))) == nil)
        #expect(take(message(28, [])) == nil)
        #expect(take([]) == nil)
        // What was cut off may have been anything.
        #expect(take(Array(message(newAddress, [1, 2, 3, 4]).dropLast(2))) == .changed)
    }

    @Test("an address of the wide world that goes is a loss, and so is a default route")
    func losses() {
        var changes = NetworkChanges()
        func take(_ bytes: [UInt8]) -> NetworkEvent? { bytes.withUnsafeBytes { changes.take($0) } }
        // Family, length of the prefix, flags, scope; and the link.
        func address(_ scope: UInt8) -> [UInt8] { [2, 24, 0, scope, 2, 0, 0, 0] }
        func route(_ length: UInt8) -> [UInt8] { [2, length] + [UInt8](repeating: 0, count: 10) }
        #expect(take(message(goneAddress, address(0))) == .lost)
        #expect(take(message(goneAddress, address(253))) == .changed)
        #expect(take(message(goneAddress, address(254))) == .changed)
        #expect(take(message(goneAddress, [])) == .changed)
        #expect(take(message(goneRoute, route(0))) == .lost)
        #expect(take(message(goneRoute, route(24))) == .changed)
        #expect(take(message(goneRoute, route(0)) + message(newRoute, route(0))) == .lost)
        #expect(take(message(newAddress, address(0)) + message(goneAddress, address(0))) == .lost)
    }

    @Test(
        "a sleep is told from a clock that is put right",
        arguments: [
            // What the wall clock was set by, and how long the machine slept, in milliseconds.
            (0, 0, false), (1, 0, false), (-4_999, 0, false), (4_999, 0, false), (5_000, 0, true),
            (-5_000, 0, true), (0, 4_999, false), (0, 5_000, true), (-60_000, 60_000, true),
        ])
    func slept(step: Int64, sleep: Int64, isTold: Bool) {
        let before = ClockReading(wall: 1_000, boot: 500, awake: 300)
        let passed: Int64 = 7_000_000_000
        let after = ClockReading(
            wall: before.wall + passed + (step + sleep) * 1_000_000,
            boot: before.boot + passed + sleep * 1_000_000, awake: before.awake + passed)
        #expect(after.hasSlept(since: before) == isTold)
    }

    @Test("it ends when it is told to, and when nobody has it any more")
    func ends() throws {
        for _ in 0..<20 {
            let watch = try NetworkWatch { _ in }
            watch.stop()
            watch.stop()
            _ = try NetworkWatch { _ in }
        }
    }

    @Test(
        "a clock that jumps, as after a sleep, is told",
        .enabled(
            if: getenv("SYNC_SET_CLOCK") != nil,
            "it sets the system's clock ahead and back: SYNC_SET_CLOCK=1, as root"))
    func jumps() throws {
        let told = Mutex(0)
        let (read, write) = try pipe()
        let watch = try NetworkWatch { _ in
            told.withLock { $0 += 1 }
            _ = Glibc.write(write, [1], 1)
        }
        for seconds in [0, 10, 0, -10, 1, 20, -1, -20] {
            var now = timespec()
            clock_gettime(CLOCK_REALTIME, &now)
            now.tv_sec += seconds
            try #require(clock_settime(CLOCK_REALTIME, &now) == 0)
            if abs(seconds) < 10 { continue }
            var look = pollfd(fd: read, events: Int16(POLLIN), revents: 0)
            #expect(poll(&look, 1, 5_000) == 1)
            var byte: UInt8 = 0
            _ = Glibc.read(read, &byte, 1)
        }
        #expect(told.withLock { $0 } == 4)
        watch.stop()
        close(read)
        close(write)
    }

    private func pipe() throws -> (Int32, Int32) {
        var ends: [Int32] = [-1, -1]
        try #require(Glibc.pipe(&ends) == 0)
        return (ends[0], ends[1])
    }
}
