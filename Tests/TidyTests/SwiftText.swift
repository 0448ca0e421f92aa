/// A Swift source, taken apart into code and comments: both as long as the source, line for
/// line, with spaces where the other stands; the contents of strings are in neither.
struct SwiftText {
    private(set) var code: [UInt8]
    private(set) var comments: [UInt8]
    private let bytes: [UInt8]
    private var at = 0

    /// Takes the source apart in one pass.
    init(_ source: String) {
        bytes = Array(source.utf8)
        code = bytes.map { $0 == .newline ? .newline : .space }
        comments = code
        while at < bytes.count { step() }
    }

    /// The code, without comments and the contents of strings.
    var codeText: String { String(decoding: code, as: UTF8.self) }

    /// The comments alone.
    var commentText: String { String(decoding: comments, as: UTF8.self) }

    /// The lines of the code, without comments and the contents of strings.
    var codeLines: [String] { Self.lines(code) }

    /// The lines of the comments alone.
    var commentLines: [String] { Self.lines(comments) }

    private mutating func step() {
        let byte = bytes[at]
        if byte != UInt8(ascii: "/"), byte != .hash, byte != .quote {
            code[at] = byte
            at += 1
        } else if looking(at: "//") {
            while at < bytes.count, bytes[at] != .newline { keepComment() }
        } else if looking(at: "/*") {
            skipBlockComment()
        } else if let hashes = stringOpening() {
            skipString(hashes: hashes)
        } else {
            code[at] = byte
            at += 1
        }
    }

    private mutating func keepComment() {
        if bytes[at] != .newline { comments[at] = bytes[at] }
        at += 1
    }

    /// Block comments nest in Swift.
    private mutating func skipBlockComment() {
        var depth = 0
        repeat {
            if looking(at: "/*") {
                depth += 1
                keepComment()
            } else if looking(at: "*/") {
                depth -= 1
                keepComment()
            }
            keepComment()
        } while depth > 0 && at < bytes.count
    }

    /// How many `#` open the string that begins here; nil where none begins.
    private func stringOpening() -> Int? {
        var hashes = 0
        while at + hashes < bytes.count, bytes[at + hashes] == .hash { hashes += 1 }
        guard at + hashes < bytes.count, bytes[at + hashes] == .quote else { return nil }
        return hashes
    }

    private mutating func skipString(hashes: Int) {
        at += hashes
        let wide = looking(at: "\"\"\"")
        at += wide ? 3 : 1
        let pounds = String(repeating: "#", count: hashes)
        let end = (wide ? "\"\"\"" : "\"") + pounds
        let escape = "\\" + pounds
        while at < bytes.count {
            if looking(at: end) {
                at += end.utf8.count
                return
            }
            if looking(at: escape + "(") {
                at += escape.utf8.count + 1
                skipInterpolation()
            } else if looking(at: escape) {
                at += escape.utf8.count + 1
            } else {
                if bytes[at] == .newline, !wide { return }
                at += 1
            }
        }
    }

    /// Skips up to the parenthesis that closes an interpolation, strings inside it included.
    private mutating func skipInterpolation() {
        var depth = 1
        while at < bytes.count, depth > 0 {
            if let hashes = stringOpening() {
                skipString(hashes: hashes)
                continue
            }
            if bytes[at] == UInt8(ascii: "(") { depth += 1 }
            if bytes[at] == UInt8(ascii: ")") { depth -= 1 }
            at += 1
        }
    }

    private func looking(at text: String) -> Bool {
        bytes[at...].starts(with: text.utf8)
    }

    private static func lines(_ bytes: [UInt8]) -> [String] {
        bytes.split(separator: .newline, omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
    }
}

extension UInt8 {
    static let newline = UInt8(ascii: "\n")
    static let space = UInt8(ascii: " ")
    static let hash = UInt8(ascii: "#")
    static let quote = UInt8(ascii: "\"")
}
