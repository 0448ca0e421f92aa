internal import CEvents

/// What happened to the machine's network.
package enum NetworkEvent: Sendable {
    /// It is another than it was: what failed before may go now.
    case changed
    /// What a connection stood on is gone: an address, a default route, or the time of a sleep.
    case lost
}

/// Tells of rtnetlink's messages those that say something new of the machine's network.
struct NetworkChanges {
    /// The flags of each link as they were last told, as far as they matter.
    private var links: [Int32: UInt32] = [:]

    /// `IFF_UP`, `IFF_RUNNING` and `IFF_LOWER_UP`: whether anything can pass. Source: netdevice(7).
    private static let passing: UInt32 = 0x1 | 0x40 | 0x1_0000

    /// Reads what one call of `recv` gave.
    /// - Returns: nil unless an address, a route, or whether something can pass a link, changed. A
    ///   wireless link tells of itself all the time without that.
    mutating func take(_ bytes: UnsafeRawBufferPointer) -> NetworkEvent? {
        let head = MemoryLayout<nlmsghdr>.size
        var news: NetworkEvent?
        var offset = 0
        while offset + head <= bytes.count {
            let message = bytes.loadUnaligned(fromByteOffset: offset, as: nlmsghdr.self)
            let length = Int(message.nlmsg_len)
            guard length >= head, offset + length <= bytes.count else { return news ?? .changed }
            let body = UnsafeRawBufferPointer(rebasing: bytes[(offset + head)..<(offset + length)])
            let one = told(Int(message.nlmsg_type), body)
            if news != .lost { news = one ?? news }
            offset += (length + 3) & ~3
        }
        return news
    }

    private mutating func told(_ kind: Int, _ body: UnsafeRawBufferPointer) -> NetworkEvent? {
        switch kind {
        case Int(RTM_NEWADDR), Int(RTM_NEWROUTE): return .changed
        case Int(RTM_DELADDR):
            guard body.count >= MemoryLayout<ifaddrmsg>.size else { return .changed }
            // One that is of use on its own link alone comes and goes with containers.
            let isFar = body.loadUnaligned(as: ifaddrmsg.self).ifa_scope < RT_SCOPE_LINK.rawValue
            return isFar ? .lost : .changed
        case Int(RTM_DELROUTE):
            guard body.count >= MemoryLayout<rtmsg>.size else { return .changed }
            return body.loadUnaligned(as: rtmsg.self).rtm_dst_len == 0 ? .lost : .changed
        case Int(RTM_NEWLINK), Int(RTM_DELLINK):
            guard body.count >= MemoryLayout<ifinfomsg>.size else { return nil }
            let link = body.loadUnaligned(as: ifinfomsg.self)
            // A bridge tells of its ports as links of its own family.
            guard link.ifi_family == 0 else { return nil }
            let flags = kind == Int(RTM_NEWLINK) ? link.ifi_flags & Self.passing : nil
            let before = links[link.ifi_index]
            links[link.ifi_index] = flags
            return before == flags ? nil : .changed
        default: return nil
        }
    }
}
