internal import SyncModel
import Testing

@testable import syncctl

@Suite("How far a sync is, in words")
struct ProgressTextTests {
    @Test("names what is done, of how much, how fast and how long it takes")
    func lines() {
        func line(_ step: WorkStep, _ done: Int, _ total: Int?, _ bytes: Int, _ seconds: Double)
            -> String
        {
            ProgressText.line(
                WorkProgress(step, done: done, of: total, bytes: bytes, in: .seconds(seconds)))
        }
        #expect(line(.scan, 12_000, nil, 0, 0.5) == "scanning: 12,000 files")
        #expect(
            line(.store, 3_400, 20_000, 5 << 20, 10)
                == "writing: 3,400 of 20,000 objects, 5.0 MiB, 340/s, 49 s left")
        #expect(
            line(.push, 50, 100, 3 << 19, 2)
                == "sending: 50 of 100 objects, 1.5 MiB, 768.0 KiB/s, 2 s left")
        #expect(line(.fetch, 0, nil, 700, 1) == "receiving: 0 objects, 700 B, 700 B/s")
        #expect(
            line(.apply, 1, 4_000, 0, 1) == "applying: 1 of 4,000 files, 1/s, 1 h 6 min left")
    }

    @Test(
        "writes numbers in groups",
        arguments: [
            (0, "0"), (999, "999"), (1_000, "1,000"), (-1_000, "-1,000"), (-100, "-100"),
            (1_234_567, "1,234,567"),
        ])
    func numbers(_ number: Int, _ text: String) { #expect(ProgressText.number(number) == text) }

    @Test("takes whatever a server says of itself")
    func extremes() {
        #expect(ProgressText.size(.infinity).hasSuffix("TiB"))
        #expect(ProgressText.size(0) == "0 B")
        #expect(ProgressText.size(1023) == "1023 B")
        #expect(ProgressText.size(1024) == "1.0 KiB")
    }
}
