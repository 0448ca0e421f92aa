internal import Foundation
import SyncTestKit
import Testing

@Suite("Simulated histories")
struct SimulationTests {
    private static let environment = ProcessInfo.processInfo.environment

    private static func number(_ name: String) -> UInt64? {
        environment[name].flatMap(UInt64.init)
    }

    /// How many histories the range has that stays: it fits in a minute or two of a debug build.
    private static let histories: UInt64 = 150
    /// Where it begins; docs/reference/simulation.md names the seeds before and after that fail.
    private static let first: UInt64 = 145
    /// How many the range has that moves: of the former mix one in several thousand still fails.
    private static let moving: UInt64 = 60

    /// `SYNC_MIX=former` leaves out what the simulation did not know at first.
    private static var mix: SimMix {
        environment["SYNC_MIX"].flatMap(SimMix.init) ?? .all
    }

    /// Runs a range of seeds, ends after five failures, and says how each is seen again.
    private func run(_ count: UInt64, from first: UInt64, _ mix: SimMix) async {
        var failures: [String] = []
        for seed in first..<(first + count) where failures.count < 5 {
            do { try await SimWorld.run(seed: seed, mix: mix) } catch {
                let word = mix == .all ? "" : "SYNC_MIX=\(mix) "
                failures.append(
                    "\(error)\n    again: \(word)SYNC_SEED=\(seed) "
                        + "swift test --filter SimulationTests")
            }
        }
        print("simulated \(count) histories from seed \(first)")
        #expect(failures.isEmpty, "\(failures.joined(separator: "\n"))")
    }

    /// `SYNC_SEED` replays one seed; `SYNC_FIRST_SEED` and `SYNC_HISTORIES` run others.
    @Test("N devices with crashes, cut networks and skewed clocks keep every promise")
    func histories() async throws {
        if let seed = Self.number("SYNC_SEED") {
            try await SimWorld.run(seed: seed, mix: Self.mix, traced: true)
            return
        }
        let count = Self.number("SYNC_HISTORIES") ?? Self.histories
        await run(count, from: Self.number("SYNC_FIRST_SEED") ?? Self.first, Self.mix)
    }

    /// What histories may have beside all that may happen, what says how many, and the first seed.
    private static let mixes: [(mix: SimMix, count: String, first: UInt64)] = [
        // Documents are taken back, by device and undone.
        (.reverting, "SYNC_REVERTING_HISTORIES", 9_000_000),
        // Every device keeps as little of the past as it can.
        (.thinning, "SYNC_THINNING_HISTORIES", 11_000_000),
        // Documents show no markers.
        (.unmarked, "SYNC_UNMARKED_HISTORIES", 16_000_000),
        // Somebody writes what rules leave out.
        (.hiding, "SYNC_HIDING_HISTORIES", 28_000_000),
    ]

    @Test(
        "so they do with more that may happen",
        .enabled(if: environment["SYNC_SEED"] == nil), arguments: mixes)
    func others(_ other: (mix: SimMix, count: String, first: UInt64)) async throws {
        let count = Self.number(other.count) ?? 50
        await run(count, from: Self.number("SYNC_FIRST_SEED") ?? other.first, other.mix)
    }

    @Test(
        "so they do in histories that nobody has seen",
        .enabled(if: environment["SYNC_MOVING_SEED"] != nil && environment["SYNC_SEED"] == nil))
    func movingRange() async throws {
        let first = try #require(Self.number("SYNC_MOVING_SEED"))
        await run(Self.number("SYNC_HISTORIES") ?? Self.moving, from: first, Self.mix)
    }

    @Test(
        "and in those in which they did not once",
        .enabled(if: environment["SYNC_SEED"] == nil),
        arguments: [
            2_003_114, 2_007_393, 2_008_329, 2_009_088, 2_011_560, 2_017_837, 2_018_484,
            2_018_570, 2_018_986, 2_019_250, 2_019_690, 4_004_018, 4_004_695, 4_007_191, 4_011_045,
            4_013_344,
            5_001_036,
        ] as [UInt64])
    func known(seed: UInt64) async throws {
        try await SimWorld.run(seed: seed, mix: .former)
    }

    @Test(
        "and in those with more that may happen in which they did not once",
        .enabled(if: environment["SYNC_SEED"] == nil),
        arguments: [
            (.thinning, 13_000_075), (.thinning, 13_003_885), (.reverting, 9_100_044),
            (.reverting, 19_000_213), (.hiding, 28_000_200),
            (.unmarked, 16_000_141), (.unmarked, 16_000_227), (.unmarked, 16_000_276),
            (.unmarked, 16_000_281), (.unmarked, 16_001_061), (.unmarked, 18_200_160),
            (.unmarked, 18_200_594), (.unmarked, 18_201_367), (.unmarked, 18_201_947),
        ] as [(SimMix, UInt64)])
    func knownOfOthers(mix: SimMix, seed: UInt64) async throws {
        try await SimWorld.run(seed: seed, mix: mix)
    }

    @Test(
        "and in those of all that may happen in which they did not once",
        .enabled(if: environment["SYNC_SEED"] == nil),
        arguments: [
            144, 896, 4_001_788, 4_002_664, 4_004_781, 4_005_870, 4_006_019, 4_006_764, 7_000_078,
            7_001_189, 7_002_448, 7_002_538, 9_000_687, 9_004_000, 12_003_831, 13_002_074,
            15_005_672, 20_003_116, 20_003_989, 20_005_494, 20_006_344,
            20_008_720, 40_005_894, 40_006_991, 40_008_632, 40_017_972,
            50_014_676, 50_019_996, 91_006_374, 94_003_800, 95_010_756, 95_019_664,
            17_960_559_500_002,
        ] as [UInt64])
    func knownOfAll(seed: UInt64) async throws {
        try await SimWorld.run(seed: seed, mix: .all)
    }
}
