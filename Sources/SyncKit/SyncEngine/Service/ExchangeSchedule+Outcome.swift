internal import SyncModel

extension ExchangeSchedule.Outcome {
    /// What an exchange came to, for the schedule.
    /// - Parameters:
    ///   - outcome: nil when it failed or did not take place.
    ///   - failure: why.
    package init(_ outcome: ExchangeOutcome?, failure: SyncFailure?) {
        switch outcome {
        case .inSync: self = .done
        case .pending, .outpaced: self = .waits
        case .declined, .stopped: self = .refused
        case nil:
            guard let failure else {
                self = .waits
                return
            }
            self =
                failure.kind == .needsUser ? .refused : .failed(retryAfter: failure.retryAfter)
        }
    }
}
