internal import Foundation
import SyncTestKit
import Testing

@Suite("Simulated histories")
struct SimulationTests {
    /// `SYNC_SEED` replays one seed, `SYNC_HISTORIES` sets how many are run.
    @Test("N devices with crashes, cut networks and skewed clocks keep every promise")
    func histories() async throws {
        let environment = ProcessInfo.processInfo.environment
        if let seed = environment["SYNC_SEED"].flatMap(UInt64.init) {
            try await SimWorld.run(seed: seed, traced: true)
            return
        }
        let count = environment["SYNC_HISTORIES"].flatMap(UInt64.init) ?? 1_000
        let first = environment["SYNC_FIRST_SEED"].flatMap(UInt64.init) ?? 1
        var failures: [String] = []
        for seed in first..<(first + count) where failures.count < 5 {
            do { try await SimWorld.run(seed: seed) } catch {
                failures.append("SYNC_SEED=\(seed): \(error)")
            }
        }
        print("simulated \(count) histories from seed \(first)")
        #expect(failures.isEmpty, "\(failures.joined(separator: "\n"))")
    }
}
