import Testing

@testable import SyncMerge

@Suite("Speed")
struct SpeedTests {
    static func memory(_ number: Int, _ text: String) -> String {
        """
        {"id":"0b3e7c1a-5d2f-4a8b-9c6d-\(100_000_000_000 + number)","memory":"\(text) \(number)",\
        "hash":"d41d8cd98f00b204e9800998ecf8427e","metadata":{"category":"food","source":"chat"},\
        "created_at":"2026-01-01T00:00:00.\(100_000 + number)-08:00","user_id":"u"}
        """
    }

    @Test("memories of 10,000 records merge")
    func memories() {
        func file(_ change: (Int) -> String) -> [UInt8] {
            Array((0..<10_000).map { Self.memory($0, change($0)) + "\n" }.joined().utf8)
        }
        let base = file { _ in "likes tea with milk and sugar in the morning" }
        let early = file {
            $0 % 50 == 0 ? "likes coffee" : "likes tea with milk and sugar in the morning"
        }
        let late = file {
            $0 % 50 == 1 ? "likes water" : "likes tea with milk and sugar in the morning"
        }
        let clock = ContinuousClock()
        var best = Duration.seconds(100)
        for _ in 0..<5 {
            best = min(
                best,
                clock.measure {
                    let result = ContentMerge.merge(
                        base: base, ContentSide(content: early, stamp: stamp(1)),
                        ContentSide(content: late, stamp: stamp(2)), as: FileRule(.memory))
                    #expect(result.isClean)
                    #expect(result.content?.count ?? 0 > 1_000_000)
                })
        }
        print("speed: 10,000 records, \(base.count) bytes a side: \(best)")
        // Ten times what an unoptimised build takes on a slow machine.
        #expect(best < .seconds(20))
    }
}
