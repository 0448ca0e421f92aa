/// A failure on the way to a server or back; what the server answers is no failure.
package struct HTTPError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What kind of failure.
    package enum Code: Sendable, Equatable {
        /// Nobody listens there, or no such host is known.
        case unreachable
        /// The server could not show who it is, or speaks no TLS of 1.2 or later.
        case untrusted
        /// The caller wanted no more of it, or has cancelled it.
        case stopped
        /// The deadline is over.
        case timedOut
        /// The answer is larger than was allowed.
        case tooLarge
        /// Anything else on the wire.
        case failed
    }

    /// What a caller decides by.
    package let code: Code
    /// What was tried and where, in words.
    package let operation: String
    /// The library's words, or ours.
    package let cause: String

    package init(_ code: Code, _ operation: String, _ cause: String) {
        self.code = code
        self.operation = operation
        self.cause = cause
    }

    package var description: String { "\(operation): \(cause)" }

    /// Words without the login of a URL in them: libcurl repeats a proxy that it cannot read as it
    /// stands in the environment, with or without a scheme, in quotes.
    package static func withoutLogin(_ words: String) -> String {
        guard let at = words.lastIndex(of: "@") else { return words }
        let before = words[..<at]
        let begin =
            before.firstIndex { "'\"".contains($0) }.map(before.index(after:))
            ?? before.firstRange(of: "://")?.upperBound
            ?? before.lastIndex(of: " ").map(before.index(after:)) ?? before.startIndex
        return String(words[..<begin] + words[words.index(after: at)...])
    }
}
