internal import Dispatch
internal import SyncEngine
internal import SyncModel
import Testing

@testable import SyncAPI

@Suite("Health")
struct HealthTests {
    private func answer(_ change: (inout VaultStatus) -> Void, trouble: String? = nil)
        -> HealthAnswer
    {
        var status = VaultStatus(vault: "v", device: "d")
        change(&status)
        return HealthAnswer(status, trouble: trouble, instance: "i", configuration: nil)
    }

    @Test("fails when somebody has to do something, and when the same fails again and again")
    func verdicts() {
        #expect(answer({ $0.state = .inSync }).status == .ok)
        #expect(answer({ $0.state = .blocked }).status == .failing)
        #expect(answer({ $0.syncHealth.status = "failing" }).status == .failing)
        let many = Limits.failuresInARow
        #expect(answer({ $0.syncHealth.consecutiveFailures = many - 1 }).status == .ok)
        #expect(answer({ $0.syncHealth.consecutiveFailures = many }).status == .failing)
        let away = answer {
            $0.syncHealth.consecutiveFailures = many
            $0.state = .offline
        }
        #expect(away.status == .ok)
        #expect(answer({ _ in }, trouble: "it hangs").reason == "it hangs")
        #expect(answer({ _ in }, trouble: "it hangs").status == .failing)
    }

    @Test("sees an engine that hangs, and that it gets on again")
    func hang() async throws {
        let vault = try ServedVault()
        let pulse = EnginePulse(vault.service, patience: .seconds(5))
        let start = ContinuousClock.now
        let gate = DispatchSemaphore(value: 0)
        let (began, begin) = AsyncStream.makeStream(of: Void.self)
        let stuck = Task { await vault.service.wait(for: gate, telling: begin) }
        for await _ in began {}
        #expect(pulse.hang(at: start) == nil)
        #expect(pulse.hang(at: start + .seconds(4)) == nil)
        #expect(pulse.hang(at: start + .seconds(6)) == .seconds(6))
        gate.signal()
        await stuck.value
        // The turn that was asked for comes.
        while pulse.hang(at: start + .seconds(20)) != nil { await Task.yield() }
        #expect(pulse.hang(at: start + .seconds(21)) == nil)
    }
}

extension VaultService {
    /// Holds the vault's thread until the gate opens.
    fileprivate func wait(
        for gate: DispatchSemaphore, telling began: AsyncStream<Void>.Continuation
    ) {
        began.finish()
        gate.wait()
    }
}
