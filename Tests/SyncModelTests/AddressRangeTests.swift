import SyncModel
import Testing

@Suite("An address range")
struct AddressRangeTests {
    @Test(
        "holds the addresses of its network, and no others",
        arguments: [
            ("127.0.0.1/32", "127.0.0.1", true), ("127.0.0.1/32", "127.0.0.2", false),
            ("10.0.0.0/8", "10.255.3.4", true), ("10.0.0.0/8", "11.0.0.0", false),
            ("192.168.7.0/23", "192.168.6.9", true), ("192.168.7.0/23", "192.168.8.0", false),
            ("0.0.0.0/0", "8.8.8.8", true), ("0.0.0.0/0", "::1", false),
            ("fd00::/8", "fd12::1", true), ("fd00::/8", "fe80::1", false),
            ("127.0.0.1", "::ffff:127.0.0.1", true), ("10.0.0.0/8", "localhost", false),
            ("10.0.0.0/8", "10.0.0.1:80", false),
        ])
    func membership(range: String, address: String, isIn: Bool) {
        #expect(AddressRange(range)?.contains(address) == isIn)
    }

    @Test(
        "is refused when it is none",
        arguments: [
            "", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "10.0.0.0/8/8", "10.0.0", "::/129",
            "host/8", "10.0.0.0/+8", "10.0.0.0/99999999999999999999",
        ])
    func refused(text: String) { #expect(AddressRange(text) == nil) }

    @Test(
        "knows this machine's own addresses",
        arguments: [
            ("127.0.0.1", true), ("127.9.9.9", true), ("::1", true), ("::ffff:127.0.0.1", true),
            ("0.0.0.0", false), ("::", false), ("128.0.0.1", false), ("localhost", false),
        ])
    func loopback(address: String, isLoopback: Bool) {
        #expect(AddressRange.isLoopback(address) == isLoopback)
    }
}
