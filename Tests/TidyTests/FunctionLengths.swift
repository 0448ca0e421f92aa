/// One function with a body, found by counting braces.
struct FunctionBody: Equatable {
    /// The line of its keyword, counted from 0.
    let line: Int
    /// Lines from the keyword to the closing brace, both included.
    let length: Int
}

extension SwiftText {
    /// Every `func`, `init`, `deinit` and `subscript` that has a body.
    func functionBodies() -> [FunctionBody] {
        let lineOf = lineNumbers()
        return keywordOffsets(["func", "init", "deinit", "subscript"]).compactMap { start in
            guard let open = bodyOpening(after: start), let close = closing(of: open) else {
                return nil
            }
            return FunctionBody(line: lineOf[start], length: lineOf[close] - lineOf[start] + 1)
        }
    }

    private func lineNumbers() -> [Int] {
        var line = 0
        return code.map { byte in
            defer { if byte == .newline { line += 1 } }
            return line
        }
    }

    /// Where one of the words stands as a declaration: not after a point, as in `self.init`.
    private func keywordOffsets(_ words: [String]) -> [Int] {
        var found: [Int] = []
        var index = 0
        while index < code.count {
            guard code[index].isWord else {
                index += 1
                continue
            }
            let start = index
            while index < code.count, code[index].isWord { index += 1 }
            let word = String(decoding: code[start..<index], as: UTF8.self)
            let before = start > 0 ? code[start - 1] : .space
            if words.contains(word), before != UInt8(ascii: "."), before != UInt8(ascii: "`") {
                found.append(start)
            }
        }
        return found
    }

    /// The brace that opens the body; nil for a requirement, which has none.
    private func bodyOpening(after start: Int) -> Int? {
        let stops: Set<String> = [
            "func", "var", "let", "init", "subscript", "associatedtype", "static", "package",
            "case", "mutating", "typealias",
        ]
        var depth = 0
        var index = start
        var atLineStart = false
        while index < code.count {
            switch code[index] {
            case UInt8(ascii: "("), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: ")"), UInt8(ascii: "]"): depth -= 1
            case UInt8(ascii: "{") where depth == 0: return index
            case UInt8(ascii: "}") where depth == 0: return nil
            default: break
            }
            if code[index] == .newline {
                atLineStart = true
            } else if code[index] != .space, atLineStart {
                atLineStart = false
                let word = code[index...].prefix { $0.isWord }
                if depth == 0, stops.contains(String(decoding: word, as: UTF8.self)) { return nil }
            }
            index += 1
        }
        return nil
    }

    private func closing(of open: Int) -> Int? {
        var depth = 0
        for index in open..<code.count {
            if code[index] == UInt8(ascii: "{") { depth += 1 }
            if code[index] == UInt8(ascii: "}") { depth -= 1 }
            if depth == 0 { return index }
        }
        return nil
    }
}

extension UInt8 {
    /// A byte of an identifier: ASCII letters, digits, `_`, and all of UTF-8 past ASCII.
    var isWord: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...:
            true
        default: false
        }
    }
}
