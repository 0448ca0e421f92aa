internal import Glibc

/// Tells one blocking operation from another thread to end at once.
package final class Cancellation: Sendable {
    /// Becomes readable when `cancel` is called and stays so; -1 where the system has no more
    /// descriptors: such an operation ends by its deadlines alone.
    package let descriptor: Int32
    private let sender: Int32

    /// Makes one for one operation. Source: socketpair(2).
    package init() {
        var ends: [Int32] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        _ = socketpair(AF_UNIX, kind, 0, &ends)
        (descriptor, sender) = (ends[0], ends[1])
    }

    deinit {
        for end in [descriptor, sender] where end >= 0 { close(end) }
    }

    /// Ends the operation; may be called from any thread, any number of times.
    package func cancel() { shutdown(sender, Int32(SHUT_WR)) }

    /// Whether `cancel` was called.
    package var isCancelled: Bool {
        var look = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&look, 1, 0) > 0 && look.revents & Int16(POLLIN) != 0
    }
}
