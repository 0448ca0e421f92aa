internal import Glibc

/// For how long a server wants to be left alone. What stands in a header is anybody's number.
enum RetryAfter {
    /// Reads it from the headers of an answer.
    /// - Parameters:
    ///   - headers: by name in lower case.
    ///   - now: seconds since 1970 UTC.
    /// - Returns: at least 0; a number that is too large for one is the largest there is; nil
    ///   where nothing is said. Source: RFC 9110, section 10.2.3.
    static func seconds(_ headers: [String: String], now: Int) -> Int? {
        if let value = headers["retry-after"] {
            if let seconds = number(value), seconds >= 0 { return seconds }
            if let end = date(value) { return max(0, left(until: end, now)) }
        }
        if let end = headers["x-ratelimit-reset"].flatMap(number) {
            return max(1, left(until: end, now))
        }
        return nil
    }

    private static func left(until end: Int, _ now: Int) -> Int {
        let (left, isOver) = end.subtractingReportingOverflow(now)
        return isOver ? (end < now ? .min : .max) : left
    }

    /// A whole number, saturated; nil for what is none.
    private static func number(_ text: String) -> Int? {
        if let number = Int(text) { return number }
        let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return text.hasPrefix("-") ? .min : .max
    }

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// A date as servers write it: `Sun, 06 Nov 1994 08:49:37 GMT`.
    private static func date(_ text: String) -> Int? {
        let words = text.split(separator: " ").map(String.init)
        guard words.count == 6, words[5] == "GMT", let day = UInt8(words[1]),
            let month = months.firstIndex(of: words[2]), let year = UInt16(words[3])
        else { return nil }
        let clock = words[4].split(separator: ":").map { UInt8($0) }
        guard clock.count == 3, let hour = clock[0], let minute = clock[1], let second = clock[2]
        else { return nil }
        var time = tm()
        (time.tm_mday, time.tm_mon) = (Int32(day), Int32(month))
        time.tm_year = Int32(year) - 1900
        (time.tm_hour, time.tm_min, time.tm_sec) = (Int32(hour), Int32(minute), Int32(second))
        return timegm(&time)
    }
}
