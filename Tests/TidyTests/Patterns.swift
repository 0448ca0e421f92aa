import Foundation

extension String {
    /// The first match of a regular expression, as text.
    func firstMatch(of pattern: String) throws -> String? {
        try matches(of: pattern).first?.first
    }

    /// Every match of a regular expression: the whole, then its groups, absent ones empty.
    func matches(of pattern: String) throws -> [[String]] {
        let expression = try NSRegularExpression(pattern: pattern, options: [.anchorsMatchLines])
        let whole = NSRange(startIndex..., in: self)
        return expression.matches(in: self, range: whole).map { match in
            (0..<match.numberOfRanges).map { group in
                Range(match.range(at: group), in: self).map { String(self[$0]) } ?? ""
            }
        }
    }

    /// The text without blanks at either end.
    var trimmed: String { trimmingCharacters(in: .whitespaces) }
}
