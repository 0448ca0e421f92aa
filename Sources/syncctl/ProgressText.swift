import SyncModel

/// How far a step of a sync is, in a line for a person.
enum ProgressText {
    /// `sending: 1,200 of 5,000 objects, 3.4 MiB, 1.1 MiB/s, 12 s left`.
    static func line(_ work: WorkProgress) -> String {
        let (verb, noun) = words(work.step)
        let total = work.total.map { " of \(number($0))" } ?? ""
        var parts = ["\(verb): \(number(work.done))\(total) \(noun)"]
        if work.bytes > 0 { parts.append(size(Double(work.bytes))) }
        if work.seconds >= 1 {
            let isSent = work.step == .fetch || work.step == .push
            parts.append(
                isSent && work.bytes > 0
                    ? size(Double(work.bytes) / work.seconds) + "/s"
                    : number(whole(Double(work.done) / work.seconds)) + "/s")
        }
        if let left = work.secondsLeft { parts.append(time(left) + " left") }
        return parts.joined(separator: ", ")
    }

    private static func words(_ step: WorkStep) -> (verb: String, noun: String) {
        switch step {
        case .scan: ("scanning", "files")
        case .store: ("writing", "objects")
        case .fetch: ("receiving", "objects")
        case .apply: ("applying", "files")
        case .push: ("sending", "objects")
        }
    }

    /// In groups of three digits.
    static func number(_ value: Int) -> String {
        let digits = String(value)
        var result = ""
        for (index, digit) in digits.enumerated() {
            let left = digits.count - index
            if index > 0, left % 3 == 0, digits.dropFirst(index - 1).first != "-" { result += "," }
            result.append(digit)
        }
        return result
    }

    /// In the largest unit of which there is one, with one digit behind the point.
    static func size(_ bytes: Double) -> String {
        var (value, unit) = (bytes, 0)
        let units = ["B", "KiB", "MiB", "GiB", "TiB"]
        while value >= 1024, unit < units.count - 1 { (value, unit) = (value / 1024, unit + 1) }
        if unit == 0 { return "\(whole(value)) B" }
        let tenths = whole((value * 10).rounded())
        return "\(number(tenths / 10)).\(tenths % 10) \(units[unit])"
    }

    private static func time(_ seconds: Int) -> String {
        if seconds < 60 { return "\(seconds) s" }
        let (hours, minutes) = (seconds / 3600, seconds % 3600 / 60)
        return hours == 0 ? "\(minutes) min \(seconds % 60) s" : "\(number(hours)) h \(minutes) min"
    }

    /// A number of a server's that may be anything.
    private static func whole(_ value: Double) -> Int {
        Int(exactly: value.rounded(.down)) ?? (value > 0 ? .max : 0)
    }
}
