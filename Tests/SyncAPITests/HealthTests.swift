internal import Dispatch
internal import SyncEngine
internal import SyncModel
import Testing

@testable import SyncAPI

@Suite("Health")
struct HealthTests {
    private func answer(
        _ change: (inout VaultStatus) -> Void, trouble: HealthAnswer.Fault? = nil,
        configuration: String? = "c"
    ) -> HealthAnswer {
        var status = VaultStatus(vault: "v", device: "d")
        change(&status)
        return HealthAnswer(status, trouble: trouble, instance: "i", configuration: configuration)
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
        let hang = answer({ _ in }, trouble: .hang(.seconds(61)))
        #expect(hang.reason == "the engine has not moved for 61 s")
        #expect(hang.status == .failing)
    }

    @Test("tells a stranger that it fails, and nothing that is the vault's")
    func stranger() {
        let secret = "/home/ada/notes"
        #expect(answer { $0.notices = [secret] }.reason == secret)
        let quiet = answer({ $0.notices = [secret] }, configuration: nil)
        #expect(quiet.status == .ok && quiet.reason == nil)
        let blocked = answer(
            {
                $0.state = .blocked
                $0.notices = [secret]
            }, configuration: nil)
        #expect(blocked.reason == "syncing is blocked")
        let failing = answer(
            {
                $0.syncHealth.consecutiveFailures = Limits.failuresInARow
                $0.syncHealth.lastError = secret
            }, configuration: nil)
        #expect(failing.reason == "the last tries to sync failed")
        let full = answer({ _ in }, trouble: .state(secret), configuration: nil)
        #expect(full.reason == "the state cannot be written")
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
