/// Makes text of any origin safe to print on a terminal and to keep in a log.
package enum SafeText {
    /// Those of them that names of files keep in `TreePath.description`. Messages of merges have
    /// such names, and all devices, of whatever version, have to write the same.
    package static let keptInNames: Set<Unicode.Scalar> = [
        "\u{61c}", "\u{200e}", "\u{200f}", "\u{2028}", "\u{2029}",
    ]

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

    /// Escapes them in JSON, which stays JSON; its line ends stay.
    /// - Parameter json: what `JSONEncoder` or `JSONQuote` wrote.
    package static func escaped(json: String) -> String {
        if !json.unicodeScalars.contains(where: { isControl($0) && $0.value >= 0x7f }) {
            return json
        }
        var result = ""
        for scalar in json.unicodeScalars {
            if scalar.value < 0x7f || !isControl(scalar) {
                result.unicodeScalars.append(scalar)
            } else {
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }
        }
        return result
    }

    /// The control characters of ASCII and Latin-1, those that change the direction of text, and
    /// those that end a line in Unicode.
    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7f...0x9f, 0x61c, 0x200e...0x200f, 0x2028...0x202e, 0x2066...0x2069: true
        default: false
        }
    }
}
