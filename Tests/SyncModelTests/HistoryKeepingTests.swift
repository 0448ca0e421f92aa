import SyncModel
import Testing

@Suite("How much of the past is kept")
struct HistoryKeepingTests {
    @Test(
        "the key takes two forms",
        arguments: [
            ("all", .all), ("30d all, then daily", .daily(afterDays: 30)),
            ("1d all, then daily", .daily(afterDays: 1)),
            ("36500d all, then daily", .daily(afterDays: 36_500)),
        ] as [(String, HistoryKeeping)])
    func forms(text: String, keeping: HistoryKeeping) {
        #expect(HistoryKeeping(text) == keeping)
    }

    @Test(
        "and nothing else",
        arguments: [
            "", "All", " all", "none", "30d", "30d all", "0d all, then daily",
            "-1d all, then daily", "36501d all, then daily", "d all, then daily",
            "3٣d all, then daily", "30d all, then daily ", "30d all,then daily",
            "99999999999999999999d all, then daily", "30h all, then daily",
        ])
    func mistakes(text: String) { #expect(HistoryKeeping(text) == nil) }
}
