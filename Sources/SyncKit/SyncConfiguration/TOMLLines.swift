/// Finds the lines on which the keys of a valid TOML document stand; the parser tells them only
/// for syntax errors. Keys inside an inline table or array count as their table's or array's.
struct TOMLLines {
    /// Where each key path was first written, the path's parts as in `["folder", "1", "path"]`.
    private var lines: [[String]: Int] = [:]
    private let text: [UInt8]
    private var position = 0
    private var line = 1
    /// The table of the last header.
    private var table: [String] = []
    /// How many tables each array of tables has so far.
    private var counts: [[String]: Int] = [:]

    /// Reads a document.
    init(_ text: String) {
        self.text = Array(text.utf8)
        while position < self.text.count { readLine() }
    }

    /// The line of a key, or of the nearest table around it that was written; nil when there is
    /// none.
    func line(_ path: [String]) -> Int? {
        var path = path
        while !path.isEmpty {
            if let line = lines[path] { return line }
            path.removeLast()
        }
        return nil
    }

    private var byte: UInt8? { position < text.count ? text[position] : nil }

    private mutating func advance() {
        if byte == UInt8(ascii: "\n") { line += 1 }
        position += 1
    }

    private mutating func readLine() {
        skip { $0 == 0x20 || $0 == 0x09 || $0 == 0x0d || $0 == 0x0a }
        guard let first = byte else { return }
        if first == UInt8(ascii: "[") {
            advance()
            let isArray = byte == UInt8(ascii: "[")
            if isArray { advance() }
            enter(readKey(until: UInt8(ascii: "]")), isArray)
        } else if first != UInt8(ascii: "#") {
            let start = line
            let key = table + readKey(until: UInt8(ascii: "="))
            note(key, start)
            skipValue()
            return
        }
        skip { $0 != 0x0a }
    }

    private mutating func enter(_ key: [String], _ isArray: Bool) {
        table = []
        for (index, part) in key.enumerated() {
            table.append(part)
            let isLast = index == key.count - 1
            if isLast, isArray {
                counts[table, default: 0] += 1
                note(table, line)
            }
            if let count = counts[table] { table.append(String(count - 1)) }
        }
        note(table, line)
    }

    private mutating func note(_ key: [String], _ line: Int) {
        for length in stride(from: key.count, to: 0, by: -1) {
            let prefix = Array(key.prefix(length))
            if lines[prefix] == nil { lines[prefix] = line }
        }
    }

    private mutating func skip(while holds: (UInt8) -> Bool) {
        while let byte, holds(byte) { advance() }
    }

    /// Reads a key, dotted or not, and the byte that ends it.
    private mutating func readKey(until end: UInt8) -> [String] {
        var parts: [[UInt8]] = [[]]
        while let byte, byte != end, byte != 0x0a {
            switch byte {
            case UInt8(ascii: "."): parts.append([])
            case UInt8(ascii: "\""), UInt8(ascii: "'"):
                let start = position + 1
                skipString()
                parts[parts.count - 1] += text[start..<max(start, position - 1)]
                continue
            case 0x20, 0x09: break
            default: parts[parts.count - 1].append(byte)
            }
            advance()
        }
        advance()
        return parts.map { String(decoding: $0, as: UTF8.self) }
    }

    /// Skips a value and what follows it in its last line.
    private mutating func skipValue() {
        var depth = 0
        while let byte {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "'"):
                skipString()
                continue
            case UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
            case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
            case UInt8(ascii: "#"):
                skip { $0 != 0x0a }
                continue
            case 0x0a where depth <= 0: return advance()
            default: break
            }
            advance()
        }
    }

    /// Skips a string of any of the four kinds.
    private mutating func skipString() {
        guard let quote = byte else { return }
        let isLong = text[position...].prefix(3).elementsEqual([quote, quote, quote])
        for _ in 0..<(isLong ? 3 : 1) { advance() }
        while let byte {
            if byte == UInt8(ascii: "\\"), quote == UInt8(ascii: "\"") {
                advance()
            } else if byte == quote {
                let run = text[position...].prefix { $0 == quote }.count
                if !isLong || run >= 3 {
                    for _ in 0..<(isLong ? min(run, 5) : 1) { advance() }
                    return
                }
            }
            advance()
        }
    }
}
