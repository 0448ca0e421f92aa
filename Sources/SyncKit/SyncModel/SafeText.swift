/// Makes text of any origin safe to print on a terminal and to keep in a log.
package enum SafeText {
    /// Escapes control characters, as `\\u{1b}`; the rest stays.
    /// - Parameter keeping: control characters that stay, such as a tab.
    package static func escaped(_ text: String, keeping: Set<Unicode.Scalar> = []) -> String {
        if !text.unicodeScalars.contains(where: { isControl($0) && !keeping.contains($0) }) {
            return text
        }
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case _ where keeping.contains(scalar) || !isControl(scalar):
                result.unicodeScalars.append(scalar)
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            default: result += "\\u{\(String(scalar.value, radix: 16))}"
            }
        }
        return result
    }

    /// The control characters of ASCII and Latin-1, and those that change the direction of text.
    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7f...0x9f, 0x202a...0x202e, 0x2066...0x2069: true
        default: false
        }
    }
}
