import SyncModel
import SyncTestKit
import Testing

@testable import SyncEngine

/// What a program may still write into a file that an update took the place of.
@Suite("A late writer")
struct LateWriterTests {
    @Test("keeps the vault from being in sync until it is gone")
    func waits() throws {
        let clock = SimClock()
        let access = SimFolder(
            clock: clock, before: { _ in }, isBusy: { _ in false }, lateWrite: { _, _ in nil },
            destroys: { _, _ in })
        let vault = Vault(
            identity: .init(name: "v", device: "linden", branch: "sync"),
            repository: InMemoryRepository(), folders: [VaultFolder(id: nil, access: access)],
            store: InMemoryStateStore(), remote: nil, clock: clock)
        let path = try StateSamples.path("a")
        access.write(path, [0x61], mode: .regular, inPlace: false)
        clock.advance(1_000_000_000)
        try vault.capture([nil: .everything])
        #expect(try vault.report.isInSync())
        access.holdDisplaced([path])
        for _ in 0..<2 {
            try vault.capture([:])
            #expect(try !vault.report.isInSync())
        }
        access.holdDisplaced([])
        try vault.capture([:])
        #expect(try vault.report.isInSync())
    }
}
