import Foundation
import Synchronization

/// The regular expressions that were compiled before: most are asked of every line of every source.
private let compiled = Mutex<[String: NSRegularExpression]>([:])

extension String {
    /// The first match of a regular expression, as text.
    func firstMatch(of pattern: String) throws -> String? {
        try matches(of: pattern).first?.first
    }

    /// Every match of a regular expression: the whole, then its groups, absent ones empty.
    func matches(of pattern: String) throws -> [[String]] {
        let expression = try compiled.withLock { known in
            if let expression = known[pattern] { return expression }
            let new = try NSRegularExpression(pattern: pattern, options: [.anchorsMatchLines])
            known[pattern] = new
            return new
        }
        let whole = NSRange(startIndex..., in: self)
        return expression.matches(in: self, range: whole).map { match in
            (0..<match.numberOfRanges).map { group in
                Range(match.range(at: group), in: self).map { String(self[$0]) } ?? ""
            }
        }
    }

    /// The lines that a regular expression matches, counted from 0, each with its first match.
    func lines(matching pattern: String) throws -> [(line: Int, match: String)] {
        // Most texts have no match: to ask once is quicker than to ask of each line.
        if try firstMatch(of: pattern) == nil { return [] }
        return try split(separator: "\n", omittingEmptySubsequences: false).enumerated()
            .compactMap { line, text in
                try String(text).firstMatch(of: pattern).map { (line, $0) }
            }
    }

    /// The text without blanks at either end.
    var trimmed: String { trimmingCharacters(in: .whitespaces) }
}
