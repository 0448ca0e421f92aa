internal import Foundation
import SyncTestKit
import Testing

@Suite("Interleaved histories")
struct InterleavedTests {
    private static let environment = ProcessInfo.processInfo.environment

    private static func number(_ name: String) -> UInt64? {
        environment[name].flatMap(UInt64.init)
    }

    @Test(
        "while a remote is waited for anything may happen, and every promise is kept",
        .enabled(if: environment["SYNC_SEED"] == nil))
    func interleaved() async throws {
        let first = Self.number("SYNC_FIRST_SEED") ?? 30_000_000
        let count = Self.number("SYNC_INTERLEAVED_HISTORIES") ?? 100
        var failures: [String] = []
        for seed in first..<(first + count) where failures.count < 5 {
            do { try await SimWorld.run(seed: seed, mix: .interleaved) } catch {
                failures.append(
                    "\(error)\n    again: simulate --interleaved --shrink --histories 1 "
                        + "--first-seed \(seed)")
            }
        }
        #expect(failures.isEmpty, "\(failures.joined(separator: "\n"))")
    }

    @Test(
        "so it is in those in which it was not once",
        .enabled(if: environment["SYNC_SEED"] == nil),
        arguments: [18_300_220, 31_000_011, 31_010_974, 31_011_112, 31_013_781] as [UInt64])
    func known(seed: UInt64) async throws {
        try await SimWorld.run(seed: seed, mix: .interleaved)
    }

    @Test("a failure shrinks to the steps that it takes, whatever stands between them")
    func shrinks() async {
        var tries = 0
        let shortest = await SimShrinker.shortest(Array(0..<100)) { steps in
            tries += 1
            return Set([3, 57, 58]).isSubset(of: steps)
        }
        #expect(shortest == [3, 57, 58])
        #expect(tries < 150)
    }

    @Test("a step begins with the same chance whichever steps before it are left out")
    func script() async throws {
        let whole = SimScript()
        let head = try await SimWorld.run(seed: 30_000_000, mix: .interleaved, script: whole)
        let again = try await SimWorld.run(
            seed: 30_000_000, mix: .interleaved, script: SimScript(of: whole) { _ in true })
        #expect(head != nil && again == head)
        let less = try await SimWorld.run(
            seed: 30_000_000, mix: .interleaved,
            script: SimScript(of: whole) { $0.isMultiple(of: 2) })
        #expect(less != head)
    }
}
