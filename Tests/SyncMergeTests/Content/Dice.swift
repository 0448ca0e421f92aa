import SyncTestKit

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// What random tests throw, and how many times.
typealias Dice = SeededRandom

extension SeededRandom {
    init(_ seed: UInt64) { self.init(seed: seed) }

    mutating func chance(_ percent: Int) -> Bool { below(100) < percent }

    mutating func pick<Value>(_ values: [Value]) -> Value { values[below(values.count)] }

    /// `SYNC_CASES` sets how many cases all laws together see; 100,000 unless told.
    static var cases: Int {
        getenv("SYNC_CASES").flatMap { Int(String(cString: $0)) } ?? 100_000
    }
}
