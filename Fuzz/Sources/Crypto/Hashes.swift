/// What the fuzzed floors use of swift-crypto, under its names. The package itself would be
/// built here once more, all of BoringSSL, for two functions that nothing attacks.
/// Source: FIPS 180-4.
public enum Insecure {
    /// SHA-1.
    public struct SHA1 {
        private var blocks = Blocks()
        private var state: [UInt32] = [
            0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0,
        ]

        /// Starts with no bytes.
        public init() {}

        /// Adds bytes.
        public mutating func update(bufferPointer bytes: UnsafeRawBufferPointer) {
            for block in blocks.cut(bytes) { take(block) }
        }

        /// Adds bytes.
        public mutating func update(data: some Collection<UInt8>) {
            for block in blocks.cut(data) { take(block) }
        }

        /// The hash of all bytes added so far.
        public func finalize() -> [UInt8] {
            var last = self
            for block in last.blocks.finish() { last.take(block) }
            return last.state.bytes
        }

        private mutating func take(_ block: [UInt32]) {
            var words = block
            words.reserveCapacity(80)
            for index in 16..<80 {
                let mixed = words[index - 3] ^ words[index - 8] ^ words[index - 14]
                words.append((mixed ^ words[index - 16]).rotated(left: 1))
            }
            var (a, b, c, d, e) = (state[0], state[1], state[2], state[3], state[4])
            for index in 0..<80 {
                let (mix, constant): (UInt32, UInt32) =
                    switch index / 20 {
                    case 0: ((b & c) | (~b & d), 0x5a82_7999)
                    case 1: (b ^ c ^ d, 0x6ed9_eba1)
                    case 2: ((b & c) | (b & d) | (c & d), 0x8f1b_bcdc)
                    default: (b ^ c ^ d, 0xca62_c1d6)
                    }
                let next = a.rotated(left: 5) &+ mix &+ e &+ constant &+ words[index]
                (e, d, c, b, a) = (d, c, b.rotated(left: 30), a, next)
            }
            for (index, word) in [a, b, c, d, e].enumerated() { state[index] &+= word }
        }
    }
}

/// SHA-256.
public enum SHA256 {
    /// The hash of all bytes at once.
    public static func hash(data: some Collection<UInt8>) -> [UInt8] {
        var state: [UInt32] = [
            0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c,
            0x1f83_d9ab, 0x5be0_cd19,
        ]
        var blocks = Blocks()
        for block in blocks.cut(data) + blocks.finish() { take(block, &state) }
        return state.bytes
    }

    /// The fractions of the cube roots of the first 64 primes.
    private static let constants: [UInt32] = {
        let primes = (2...311).filter { number in !(2..<number).contains { number % $0 == 0 } }
        return primes.map { UInt32(truncatingIfNeeded: cubeRoot($0)) }
    }()

    /// The cube root times 2^32, rounded down.
    private static func cubeRoot(_ number: Int) -> UInt64 {
        var (low, high): (UInt64, UInt64) = (0, 7 << 32)
        // The number times 2^96 has to hold the cube of the root.
        while high - low > 1 {
            let middle = (low + high) / 2
            let square = middle.multipliedFullWidth(by: middle)
            let lower = square.low.multipliedFullWidth(by: middle)
            let cube = square.high * middle + lower.high
            if cube < UInt64(number) << 32 { low = middle } else { high = middle }
        }
        return low
    }

    private static func take(_ block: [UInt32], _ state: inout [UInt32]) {
        var words = block
        words.reserveCapacity(64)
        for index in 16..<64 {
            let (near, far) = (words[index - 15], words[index - 2])
            let first = near.rotated(left: 25) ^ near.rotated(left: 14) ^ near >> 3
            let second = far.rotated(left: 15) ^ far.rotated(left: 13) ^ far >> 10
            words.append(words[index - 16] &+ first &+ words[index - 7] &+ second)
        }
        var (a, b, c, d) = (state[0], state[1], state[2], state[3])
        var (e, f, g, h) = (state[4], state[5], state[6], state[7])
        for index in 0..<64 {
            let high = e.rotated(left: 26) ^ e.rotated(left: 21) ^ e.rotated(left: 7)
            let one = h &+ high &+ ((e & f) ^ (~e & g)) &+ constants[index] &+ words[index]
            let low = a.rotated(left: 30) ^ a.rotated(left: 19) ^ a.rotated(left: 10)
            let two = low &+ ((a & b) ^ (a & c) ^ (b & c))
            (h, g, f, e) = (g, f, e, d &+ one)
            (d, c, b, a) = (c, b, a, one &+ two)
        }
        for (index, word) in [a, b, c, d, e, f, g, h].enumerated() { state[index] &+= word }
    }
}

/// Cuts what comes into blocks of sixteen words.
private struct Blocks {
    private var pending: [UInt8] = []
    private var count: UInt64 = 0

    mutating func cut(_ bytes: some Collection<UInt8>) -> [[UInt32]] {
        count += UInt64(bytes.count)
        pending += bytes
        var blocks: [[UInt32]] = []
        var start = 0
        while pending.count - start >= 64 {
            blocks.append(
                stride(from: start, to: start + 64, by: 4).map { place in
                    pending[place..<(place + 4)].reduce(0) { $0 << 8 | UInt32($1) }
                })
            start += 64
        }
        pending.removeFirst(start)
        return blocks
    }

    mutating func finish() -> [[UInt32]] {
        let bits = withUnsafeBytes(of: (count * 8).bigEndian) { Array($0) }
        let zeros = (119 - pending.count) % 64
        return cut([0x80] + [UInt8](repeating: 0, count: zeros) + bits)
    }
}

extension UInt32 {
    fileprivate func rotated(left count: UInt32) -> UInt32 { self << count | self >> (32 - count) }
}

extension [UInt32] {
    fileprivate var bytes: [UInt8] {
        flatMap { word in Swift.withUnsafeBytes(of: word.bigEndian) { Array<UInt8>($0) } }
    }
}
