internal import Glibc
internal import Synchronization

/// What others want of the watch thread, and what it tells them. Bounded: an order that is given
/// twice is one order.
final class WatchOrders: Sendable {
    /// Orders not yet carried out.
    struct Pending: Sendable {
        var stop = false
        var rewatch: Set<Int> = []
        var watch: Set<String> = []
        var unwatch: Set<String> = []
    }

    private let pending = Mutex(Pending())
    private let states: Mutex<[WatchStatus]>
    private let writeEnd: Int32
    /// Readable while orders wait.
    let descriptor: Int32

    /// Opens the pair of descriptors that wakes the thread.
    init(folders: Int) throws(WatchError) {
        states = Mutex(Array(repeating: WatchStatus(), count: folders))
        var pair: [Int32] = [-1, -1]
        let type = Int32(SOCK_STREAM.rawValue) | Int32(O_CLOEXEC | O_NONBLOCK)
        guard socketpair(AF_UNIX, type, 0, &pair) == 0 else {
            throw WatchError(errno, "open the watch thread's wake-up")
        }
        descriptor = pair[0]
        writeEnd = pair[1]
    }

    deinit {
        close(descriptor)
        close(writeEnd)
    }

    /// Whether the thread has events in hand that it has not delivered.
    let isBusy = Atomic<Bool>(true)
    private let queues = Mutex<[Int: Int32]>([:])

    /// Notes the descriptor of a folder's event queue; nil when it has none.
    func setQueue(_ descriptor: Int32?, _ folder: Int) {
        queues.withLock { $0[folder] = descriptor }
    }

    /// Whether the kernel has events that the thread has not read yet.
    var hasUnread: Bool {
        var polled = queues.withLock { queues in
            queues.values.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        }
        return poll(&polled, nfds_t(polled.count), 0) > 0
    }

    /// Adds an order and wakes the thread.
    func give(_ order: (inout Pending) -> Void) {
        pending.withLock { order(&$0) }
        // A full buffer means that the thread is to wake up already.
        var byte: UInt8 = 1
        send(writeEnd, &byte, 1, Int32(MSG_NOSIGNAL))
    }

    /// Takes all orders.
    func take() -> Pending {
        var bytes = [UInt8](repeating: 0, count: 256)
        while read(descriptor, &bytes, bytes.count) == bytes.count {}
        return pending.withLock { pending in
            defer { pending = Pending() }
            return pending
        }
    }

    func status(_ folder: Int) -> WatchStatus { states.withLock { $0[folder] } }

    func set(_ status: WatchStatus, _ folder: Int) {
        states.withLock { $0[folder] = status }
    }
}
