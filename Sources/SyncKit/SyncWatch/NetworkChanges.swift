internal import CEvents

/// Tells of rtnetlink's messages those that say something new of the machine's network.
struct NetworkChanges {
    /// The flags of each link as they were last told, as far as they matter.
    private var links: [Int32: UInt32] = [:]

    /// `IFF_UP`, `IFF_RUNNING` and `IFF_LOWER_UP`: whether anything can pass. Source: netdevice(7).
    private static let passing: UInt32 = 0x1 | 0x40 | 0x1_0000

    /// Reads what one call of `recv` gave.
    /// - Returns: whether an address, a route, or whether something can pass a link, changed. A
    ///   wireless link tells of itself all the time without that.
    mutating func take(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let head = MemoryLayout<nlmsghdr>.size
        var hasChanged = false
        var offset = 0
        while offset + head <= bytes.count {
            let message = bytes.loadUnaligned(fromByteOffset: offset, as: nlmsghdr.self)
            let length = Int(message.nlmsg_len)
            guard length >= head, offset + length <= bytes.count else { return true }
            let body = UnsafeRawBufferPointer(rebasing: bytes[(offset + head)..<(offset + length)])
            if isNew(Int(message.nlmsg_type), body) { hasChanged = true }
            offset += (length + 3) & ~3
        }
        return hasChanged
    }

    private mutating func isNew(_ kind: Int, _ body: UnsafeRawBufferPointer) -> Bool {
        switch kind {
        case Int(RTM_NEWADDR), Int(RTM_DELADDR), Int(RTM_NEWROUTE), Int(RTM_DELROUTE): return true
        case Int(RTM_NEWLINK), Int(RTM_DELLINK):
            guard body.count >= MemoryLayout<ifinfomsg>.size else { return false }
            let link = body.loadUnaligned(as: ifinfomsg.self)
            // A bridge tells of its ports as links of its own family.
            guard link.ifi_family == 0 else { return false }
            let flags = kind == Int(RTM_NEWLINK) ? link.ifi_flags & Self.passing : nil
            let before = links[link.ifi_index]
            links[link.ifi_index] = flags
            return before != flags
        default: return false
        }
    }
}
