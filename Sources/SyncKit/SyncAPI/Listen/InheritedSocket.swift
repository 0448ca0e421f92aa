internal import Glibc
internal import SyncModel

/// A socket at which the service manager listens for the daemon: a port that is there before the
/// daemon is, and while it starts anew. Source: sd_listen_fds(3), systemd.socket(5).
package struct InheritedSocket: Sendable {
    /// Stays open as long as the process; who serves takes a copy.
    private let descriptor: CInt

    /// The first descriptor that a service manager passes.
    private static let first: CInt = 3

    /// Takes what the environment says was passed to this process; nil for nothing.
    package init?(_ environment: [String: String]) {
        guard environment["LISTEN_PID"] == "\(getpid())",
            let count = environment["LISTEN_FDS"].flatMap(CInt.init), count > 0
        else { return nil }
        // No program that is started from here has business with them.
        for passed in Self.first..<Self.first + min(count, 64) {
            _ = fcntl(passed, F_SETFD, FD_CLOEXEC)
        }
        descriptor = Self.first
    }

    /// A copy to serve at.
    /// - Throws: `ControlSocketError` for what is no listening TCP socket, and for one that others
    ///   can reach although the configuration has nothing that protects them.
    func copy(_ http: Configuration.HTTP) throws(ControlSocketError) -> CInt {
        let operation = "use the socket that the service manager passed"
        var isListening: CInt = 0
        var size = socklen_t(MemoryLayout<CInt>.size)
        guard getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &isListening, &size) == 0,
            isListening == 1, let address = Self.address(of: descriptor)
        else {
            throw ControlSocketError(
                operation: operation,
                cause: "it does not listen at TCP: a socket unit has ListenStream= with a port")
        }
        let isLocal = address == "::1" || address.hasPrefix("127.")
        guard isLocal || http.certificate != nil || !http.behindProxy.isEmpty else {
            throw ControlSocketError(
                operation: operation,
                cause: "others can reach \(address), which takes certificate and key in [http], "
                    + "or behind_proxy")
        }
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        if copy < 0 { throw .last("copy", "the socket that the service manager passed") }
        return copy
    }

    /// The address at which a TCP socket listens; nil for another kind.
    private static func address(of descriptor: CInt) -> String? {
        var storage = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let result = withUnsafeMutablePointer(to: &storage) { place in
            place.withMemoryRebound(to: sockaddr.self, capacity: 1) { address -> CInt in
                guard getsockname(descriptor, address, &size) == 0,
                    [sa_family_t(AF_INET), sa_family_t(AF_INET6)].contains(
                        address.pointee.sa_family)
                else { return -1 }
                return getnameinfo(
                    address, size, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
            }
        }
        if result != 0 { return nil }
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
