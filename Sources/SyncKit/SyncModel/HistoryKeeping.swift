/// How much of what the history holds a device keeps of its own: the key `[history] keep`.
package enum HistoryKeeping: Sendable, Equatable {
    /// All of it.
    case all
    /// Of the last days all, of each day before them what its last commit holds.
    /// - Parameter days: 1 to `Limits.keptDays`.
    case daily(afterDays: Int)

    /// Takes the configuration's words: `all`, or `30d all, then daily`.
    package init?(_ text: String) {
        if text == "all" {
            self = .all
            return
        }
        let rest = "d all, then daily"
        guard text.hasSuffix(rest) else { return nil }
        let digits = text.dropLast(rest.count)
        guard !digits.isEmpty, digits.allSatisfy({ $0.isASCII && $0.isNumber }),
            let days = Int(digits), (1...Limits.keptDays).contains(days)
        else { return nil }
        self = .daily(afterDays: days)
    }
}
