import SyncModel
import Testing

@Suite("A time that comes from outside")
struct TimestampTests {
    @Test(
        "stays between 1970 and 9999",
        arguments: [
            (Int64.min, "1970-01-01T00:00:00Z"), (-1, "1970-01-01T00:00:00Z"),
            (0, "1970-01-01T00:00:00Z"), (253_402_300_799, "9999-12-31T23:59:59Z"),
            (253_402_300_800, "9999-12-31T23:59:59Z"), (.max, "9999-12-31T23:59:59Z"),
        ])
    func range(seconds: Int64, text: String) {
        #expect(Timestamp(seconds: seconds).iso8601 == text)
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        #expect(Timestamp(milliseconds: overflow ? seconds : product).iso8601 == text)
    }

    @Test("nothing comes after the latest", arguments: [Int64.max, 253_402_300_799_999])
    func last(milliseconds: Int64) {
        #expect(Timestamp(milliseconds: milliseconds).next == .latest)
    }

    @Test(
        "says nothing when it is out of the range or no number",
        arguments: ["-1", "9223372036854775807", "9223372036854775808", "253402300800000", "", "x"])
    func claims(text: String) {
        #expect(Timestamp(claimed: text) == nil)
    }

    @Test(
        "of a commit says nothing when it is out of the range",
        arguments: [(-1, false), (0, true), (253_402_300_799, true), (253_402_300_800, false)])
    func dates(seconds: Int64, isSaid: Bool) {
        #expect((Timestamp(claimedSeconds: seconds) != nil) == isSaid)
    }

    @Test("of a file past 2262 is taken", arguments: [Int64.max, Int64.min])
    func files(nanoseconds: Int64) {
        let expected = nanoseconds < 0 ? "1970-01-01T00:00:00Z" : "2262-04-11T23:47:16Z"
        #expect(Timestamp(nanoseconds: nanoseconds).iso8601 == expected)
    }
}
