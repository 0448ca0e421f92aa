internal import Foundation

/// A small random generator with a seed (SplitMix64), the same on every machine.
package struct SeededRandom: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// Where random tests begin: the same in every run, so that a run says something of the code
    /// and not of chance; `SYNC_SEED` takes another one, to look further or to replay.
    package static let seed =
        ProcessInfo.processInfo.environment["SYNC_SEED"].flatMap(UInt64.init) ?? 1

    /// Starts from a seed.
    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// A number below `bound`.
    package mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

    /// True once in `n` times.
    package mutating func oneIn(_ n: Int) -> Bool { below(n) == 0 }
}
