internal import Glibc
internal import SyncModel

/// How many files and connections the system lets this process have open.
enum DescriptorLimit {
    /// The most connections over TCP that leave enough descriptors for everything else.
    static var connections: Int { connections(of: current) }

    /// The same of a limit: what it leaves beside `Limits.ownDescriptors`, at least a quarter.
    static func connections(of limit: Int) -> Int {
        max(1, limit / 4, min(Limits.connections, limit - Limits.ownDescriptors))
    }

    /// The limit of this process; that of `Limits` where the system does not say.
    private static var current: Int {
        var limit = rlimit()
        let kind = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        guard getrlimit(kind, &limit) == 0 else { return Limits.connections }
        return Int(clamping: limit.rlim_cur)
    }
}
