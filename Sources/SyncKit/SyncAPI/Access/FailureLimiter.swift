internal import SyncModel
internal import Synchronization

/// Counts failed logins for each address.
final class FailureLimiter: Sendable {
    private struct Window {
        var began: ContinuousClock.Instant
        var failures = 0
    }

    private let windows = Mutex<[String: Window]>([:])

    /// Notes a failure.
    /// - Returns: how long the address is to wait; nil while it has tries left.
    func failed(_ address: String, at now: ContinuousClock.Instant = .now) -> Duration? {
        windows.withLock { windows in
            if windows.count >= Limits.failingAddresses {
                windows = windows.filter { now - $0.value.began < Limits.failureSpan }
                // More addresses than can be counted fail at once: all count anew.
                if windows.count >= Limits.failingAddresses { windows = [:] }
            }
            var window = windows[address] ?? Window(began: now)
            if now - window.began >= Limits.failureSpan { window = Window(began: now) }
            window.failures += 1
            windows[address] = window
            if window.failures <= Limits.failedLogins { return nil }
            return Limits.failureSpan - (now - window.began)
        }
    }
}
