internal import Glibc

/// Tells the service manager how the daemon does: the datagrams of sd_notify(3), without its
/// library.
struct NotifySocket: Sendable {
    /// `sun_path`; a name in the abstract space begins with a zero byte.
    private let name: [UInt8]

    /// Takes the value of `NOTIFY_SOCKET`; nil for none, and for what is no UNIX socket.
    init?(_ variable: String?) {
        guard let variable, let first = variable.utf8.first,
            variable.utf8.count < MemoryLayout.size(ofValue: sockaddr_un().sun_path)
        else { return nil }
        switch first {
        case UInt8(ascii: "/"): name = Array(variable.utf8)
        case UInt8(ascii: "@"): name = [0] + variable.utf8.dropFirst()
        default: return nil
        }
    }

    /// Sends assignments, one line each, as one datagram. A manager that does not listen is no
    /// reason not to sync, and nobody waits for one that is slow.
    /// - Returns: whether it was taken.
    @discardableResult
    func send(_ lines: [String]) -> Bool {
        let socket = Glibc.socket(
            AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { return false }
        defer { close(socket) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
        // The length ends a name of the abstract space, and counts no zero byte behind it.
        let length = socklen_t(MemoryLayout<sa_family_t>.size + name.count)
        let bytes = Array(lines.joined(separator: "\n").utf8)
        let sent = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                sendto(
                    socket, bytes, bytes.count,
                    Int32(MSG_NOSIGNAL | MSG_DONTWAIT),
                    pointer, length)
            }
        }
        return sent == bytes.count
    }
}
