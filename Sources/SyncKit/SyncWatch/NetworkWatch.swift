internal import CEvents
internal import Glibc
internal import Synchronization

/// One thread that waits for the machine's network to change, and for the machine to wake from
/// sleep. While nothing happens it does not wake up. See rtnetlink(7), timerfd_create(2).
package final class NetworkWatch: Sendable {
    private let thread: Mutex<Thread?>
    private let ends: NetworkEnds

    /// Starts the thread.
    /// - Parameter deliver: called on that thread when an address, a route or a link changed, and
    ///   when the clock jumped far: it does after a sleep, and counts as lost. Has to return soon.
    /// - Throws: `.limit` when there is no descriptor or thread left, `.io` where the system
    ///   does not let this process listen.
    package init(deliver: @escaping @Sendable (NetworkEvent) -> Void) throws(WatchError) {
        let ends = try NetworkEnds()
        self.ends = ends
        thread = Mutex(
            try Thread {
                var loop = NetworkLoop(ends)
                loop.run(deliver)
            })
    }

    deinit { stop() }

    /// Ends the thread and waits for it. Nothing is delivered after that.
    package func stop() {
        ends.stop()
        thread.withLock { thread in
            thread?.join()
            thread = nil
        }
    }
}

/// What the thread waits on.
private final class NetworkEnds: Sendable {
    /// Readable when the thread is to end.
    let end: Int32
    /// Readable when rtnetlink has something to say.
    let network: Int32
    /// Readable when the clock jumped.
    let clock: Int32
    private let stopper: Int32

    init() throws(WatchError) {
        var pair: [Int32] = [-1, -1]
        let type = Int32(SOCK_STREAM.rawValue) | Int32(O_CLOEXEC | O_NONBLOCK)
        _ = socketpair(AF_UNIX, type, 0, &pair)
        (end, stopper) = (pair[0], pair[1])
        network = syncd_network_events()
        clock = network < 0 ? -1 : syncd_clock_jumps()
        guard end >= 0, network >= 0, clock >= 0, syncd_clock_jumps_arm(clock) == 0 else {
            throw WatchError(errno, "watch the network")
        }
    }

    deinit { for end in [end, stopper, network, clock] where end >= 0 { close(end) } }

    func stop() { shutdown(stopper, Int32(SHUT_RDWR)) }
}

/// What runs on the thread.
private struct NetworkLoop {
    private let ends: NetworkEnds
    private var changes = NetworkChanges()
    private var clocks = ClockReading.now()

    init(_ ends: NetworkEnds) { self.ends = ends }

    mutating func run(_ deliver: (NetworkEvent) -> Void) {
        while true {
            var looks = [ends.end, ends.network, ends.clock].map {
                pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
            }
            guard poll(&looks, nfds_t(looks.count), -1) > 0 else {
                if errno == EINTR { continue }
                return
            }
            if looks[0].revents != 0 { return }
            let hasJumped = looks[2].revents != 0 && clockHasJumped()
            let news = looks[1].revents != 0 ? networkEvent() : nil
            if hasJumped { deliver(.lost) } else if let news { deliver(news) }
        }
    }

    /// Reads everything that is queued. What the kernel had to drop counts as a change.
    private mutating func networkEvent() -> NetworkEvent? {
        var room = [UInt8](repeating: 0, count: 32 << 10)
        var news: NetworkEvent?
        while true {
            let count = recv(ends.network, &room, room.count, 0)
            if count < 0 && errno == ENOBUFS {
                news = news ?? .changed
            } else if count <= 0 {
                return news
            } else {
                let more = room.withUnsafeBytes { changes.take(.init(rebasing: $0[..<count])) }
                if news != .lost { news = more ?? news }
            }
        }
    }

    private mutating func clockHasJumped() -> Bool {
        var count: UInt64 = 0
        let hasJumped = read(ends.clock, &count, 8) < 0 && errno == ECANCELED
        // Fails only for arguments that are wrong; the network goes on telling.
        _ = syncd_clock_jumps_arm(ends.clock)
        let now = ClockReading.now()
        defer { clocks = now }
        return hasJumped && now.hasSlept(since: clocks)
    }
}
