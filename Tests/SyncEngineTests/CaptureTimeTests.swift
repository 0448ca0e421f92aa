import SyncModel
import Testing

@testable import SyncEngine

@Suite("The stamp of a capture")
struct CaptureTimeTests {
    private static let now: Int64 = 1_790_000_000_000
    private static let hour: Int64 = 3_600_000

    @Test(
        "comes after its parent's, unless that is more than an hour ahead of the clock",
        arguments: [
            (nil, now, now), (now - 5, now, now), (now, now, now + 1),
            (now + hour, now, now + hour + 1), (now + hour + 1, now, now),
            (253_402_300_799_999, now, now), (now - hour, now - 2 * hour, now - hour + 1),
        ] as [(Int64?, Int64, Int64)])
    func follows(parent: Int64?, seen: Int64, stamp: Int64) {
        let made = CaptureTime.of(
            Timestamp(milliseconds: seen), after: parent.map { Timestamp(milliseconds: $0) },
            at: Timestamp(milliseconds: Self.now))
        #expect(made.milliseconds == stamp)
    }
}
