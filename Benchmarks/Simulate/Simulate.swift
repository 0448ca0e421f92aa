import ArgumentParser
import Foundation
import SyncTestKit

/// Runs simulated histories in a release build: many more in the same time than `swift test`.
@main
struct Simulate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Run simulated histories of a vault and name those that break a promise.")

    @Option(help: "The seed of the first history; each further one has the next seed.")
    var firstSeed: UInt64 = 1

    @Option(help: "How many histories to run.")
    var histories: UInt64 = 1_000

    @Option(help: "Stop after this many failures.")
    var failures = 20

    @Flag(help: "Leave out what the simulation did not know at first: the seeds below 4,000,000.")
    var former = false

    @Flag(help: "Take documents back, too, by device and undone.")
    var reverting = false

    @Flag(help: "Let every device keep as little of the past as it can.")
    var thinning = false

    @Flag(help: "Write documents, too, that show no markers, and lose no state store.")
    var unmarked = false

    @Flag(help: "Write, too, what rules leave out and nobody else is to see.")
    var hiding = false

    @Flag(help: "Tell each history step by step.")
    var trace = false

    @Flag(help: "Histories of one device whose remote brings commits that are meant to do harm.")
    var hostile = false

    @Flag(help: "Let every call to the remote take its time, in which anything may happen.")
    var interleaved = false

    @Flag(help: "Shorten each history that fails to the steps that it takes, and tell them.")
    var shrink = false

    @Option(help: "How many histories run at a time.")
    var jobs = 1

    private var mix: SimMix {
        if former { return .former }
        if unmarked { return .unmarked }
        if hiding { return .hiding }
        if reverting { return .reverting }
        if interleaved { return .interleaved }
        return thinning ? .thinning : .all
    }

    func run() async throws {
        let began = ContinuousClock.now
        let seeds = SeedQueue(firstSeed..<(firstSeed + histories), failures: failures)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<max(1, jobs) {
                group.addTask {
                    while let seed = seeds.next() {
                        if let failure = await failure(of: seed) { seeds.fail(failure) }
                    }
                }
            }
        }
        let took = (ContinuousClock.now - began) / .seconds(1)
        let (done, failed) = (seeds.done, seeds.failed)
        let rate = Int(Double(done) / max(took, 0.001))
        print("\(done) histories from seed \(firstSeed) in \(Int(took)) s, \(rate) a second")
        print("\(done - failed.count) passed, \(failed.count) failed")
        if shrink && !hostile {
            for failure in failed.sorted(by: { $0.seed < $1.seed }) { try await tell(failure.seed) }
        }
        if !failed.isEmpty { throw ExitCode.failure }
    }

    /// How a history fails; nil when it does not.
    private func failure(of seed: UInt64) async -> SeedQueue.Failure? {
        do {
            if hostile {
                try await HostileHistory.run(seed: seed)
            } else {
                try await SimWorld.run(seed: seed, mix: mix, traced: trace)
            }
            return nil
        } catch { return SeedQueue.Failure(seed: seed, words: "\(error)") }
    }

    /// Tells the shortest part of a history that still fails.
    private func tell(_ seed: UInt64) async throws {
        let shrinker = SimShrinker(seed: seed, mix: mix)
        guard await shrinker.shrink() else { return }
        print("seed \(seed): \(shrinker.kept.count) steps are left, after \(shrinker.tries) tries")
        do { try await shrinker.tell() } catch { print("\(error)") }
    }
}
