internal import Glibc

/// A range of IP addresses, written as CIDR: `10.0.0.0/8`, `::1/128`, or one address.
package struct AddressRange: Sendable, Equatable {
    /// The network's address: 4 or 16 bytes.
    private let network: [UInt8]
    /// How many of its bits count.
    private let bits: Int

    /// Reads a range; nil for what is none, and for a mask longer than the address.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = Self.bytes(String(parts[0])) else { return nil }
        network = address
        if parts.count == 1 {
            bits = address.count * 8
            return
        }
        guard parts[1].allSatisfy({ ("0"..."9").contains($0) }), let bits = Int(parts[1]),
            bits <= address.count * 8
        else { return nil }
        self.bits = bits
    }

    /// Whether an address is in it.
    /// - Parameter address: an IPv4 or IPv6 address without a port; an IPv4 address in IPv6's
    ///   form counts as what it is. Anything else is in no range.
    package func contains(_ address: String) -> Bool {
        guard let bytes = Self.bytes(address), bytes.count == network.count else { return false }
        return (0..<bits).allSatisfy { bit in
            let mask = UInt8(0x80) >> (bit % 8)
            return bytes[bit / 8] & mask == network[bit / 8] & mask
        }
    }

    /// Whether an address never leaves this machine: `127.0.0.0/8` or `::1`.
    package static func isLoopback(_ address: String) -> Bool {
        guard let bytes = bytes(address) else { return false }
        if bytes.count == 4 { return bytes[0] == 127 }
        return bytes == [UInt8](repeating: 0, count: 15) + [1]
    }

    /// The bytes of an address; those of the IPv4 address that IPv6 embeds (RFC 4291, 2.5.5.2).
    private static func bytes(_ text: String) -> [UInt8]? {
        var four = in_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            return withUnsafeBytes(of: &four) { Array($0) }
        }
        var six = in6_addr()
        guard inet_pton(AF_INET6, text, &six) == 1 else { return nil }
        let bytes = withUnsafeBytes(of: &six) { Array($0) }
        let isMapped = bytes[..<12] == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]
        return isMapped ? Array(bytes[12...]) : bytes
    }
}
