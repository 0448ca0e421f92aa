import SyncEngine
import Testing

@Suite("The clock that a test may set off")
struct SystemClockTests {
    @Test(
        "an offset is a duration with or without a sign; what is none counts as none",
        arguments: [
            ("90s", 90_000_000_000), ("-90s", -90_000_000_000), ("+250ms", 250_000_000),
            ("2h", 7_200_000_000_000), ("-0s", 0), ("", 0), ("-", 0), ("--1s", 0), ("1d", 0),
            ("soon", 0), ("9223372036854775807ms", 3_153_600_000_000_000_000),
            ("9223372036854775808h", 0),
        ] as [(String, Int64)])
    func offset(text: String, nanoseconds: Int64) {
        #expect(SystemClock.offset(text) == nanoseconds)
    }
}
