/// A word as a POSIX shell reads it.
package enum ShellWord {
    private static let plain = Set(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+,:@%".utf8)

    /// Quotes bytes where a shell would read anything but them.
    /// - Returns: nil for bytes that no terminal shows as they are, or that are no UTF-8: whoever
    ///   copied them would copy something else.
    package static func quoted(_ bytes: [UInt8]) -> String? {
        guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
        if bytes.allSatisfy(plain.contains), !bytes.isEmpty { return text }
        let isShown = text.unicodeScalars.allSatisfy { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned:
                false
            default: true
            }
        }
        return isShown ? "'" + text.replacing("'", with: "'\\''") + "'" : nil
    }

    /// The same in a sentence: a text that cannot be copied is shown as it is.
    package static func shown(_ text: String) -> String { quoted(Array(text.utf8)) ?? text }
}
