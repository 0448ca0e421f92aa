internal import Foundation
import SyncTestKit
import Testing

@Suite("Histories that somebody made to do harm")
struct HostileHistoryTests {
    /// `SYNC_HOSTILE` sets how many are run, `SYNC_FIRST_SEED` where they begin.
    @Test("whatever commits come, the device ends what it does, captures and can be mended")
    func histories() async throws {
        let environment = ProcessInfo.processInfo.environment
        let count = environment["SYNC_HOSTILE"].flatMap(UInt64.init) ?? 500
        let first = environment["SYNC_FIRST_SEED"].flatMap(UInt64.init) ?? 1
        var failures: [String] = []
        for seed in first..<(first + count) where failures.count < 5 {
            do { try await HostileHistory.run(seed: seed) } catch { failures.append("\(error)") }
        }
        print("hostile: \(count) histories from seed \(first)")
        #expect(failures.isEmpty, "\(failures.joined(separator: "\n"))")
    }
}
