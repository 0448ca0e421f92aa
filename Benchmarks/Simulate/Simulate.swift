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

    @Flag(help: "Tell each history step by step.")
    var trace = false

    @Flag(help: "Histories of one device whose remote brings commits that are meant to do harm.")
    var hostile = false

    private var mix: SimMix { former ? .former : reverting ? .reverting : .all }

    func run() async throws {
        let began = ContinuousClock.now
        var failed = 0
        var done: UInt64 = 0
        for seed in firstSeed..<(firstSeed + histories) where failed < failures {
            do {
                if hostile {
                    try await HostileHistory.run(seed: seed)
                } else {
                    try await SimWorld.run(seed: seed, mix: mix, traced: trace)
                }
            } catch {
                failed += 1
                print("\(error)")
            }
            done += 1
        }
        let took = (ContinuousClock.now - began) / .seconds(1)
        let rate = Int(Double(done) / max(took, 0.001))
        print("\(done) histories from seed \(firstSeed) in \(Int(took)) s, \(rate) a second")
        print("\(done - UInt64(failed)) passed, \(failed) failed")
        if failed > 0 { throw ExitCode.failure }
    }
}
