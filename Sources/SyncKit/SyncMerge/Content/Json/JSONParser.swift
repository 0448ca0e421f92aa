/// What a JSON value is.
enum JSONKind: UInt8, Sendable {
    case null, `true`, `false`, number, string, array, object

    var isScalar: Bool { rawValue < JSONKind.array.rawValue }
}

/// One value or key of a parsed text, as a range of its bytes.
struct JSONNode: Sendable {
    /// First byte.
    let start: UInt32
    /// One past the last byte.
    var end: UInt32
    /// Index of the node after this one's subtree.
    var next: UInt32
    let kind: JSONKind
}

/// Parses JSON (RFC 8259) without losing a byte: values are ranges of the source.
///
/// Stricter than most: strings must be UTF-8, no comments, no trailing comma, no byte order mark.
/// Looser in nothing. The parser keeps its own stack, so that no input can overflow the thread's.
struct JSONParser {
    private struct Frame {
        let isObject: Bool
        /// The container's node; -1 when it is too deep to be kept.
        let node: Int
    }

    private let bytes: UnsafeBufferPointer<UInt8>
    private let end: Int
    private let keptDepth: Int
    private let depthLimit: Int
    private var at: Int
    private var nodes: [JSONNode] = []
    private var stack: [Frame] = []

    /// The deepest nesting whose nodes are kept and walked: walking is recursive.
    static let walkDepth = 128

    /// Parses one value with white space around it.
    /// - Parameters:
    ///   - range: where it stands; shorter than 4 GiB.
    ///   - keptDepth: nodes deeper than this are checked and not kept; 0 keeps the root alone.
    ///   - depthLimit: deeper nesting counts as unparsable.
    /// - Returns: the nodes in source order, a key before its value; nil when it is not JSON.
    static func nodes(
        of bytes: [UInt8], in range: Range<Int>, keptDepth: Int = walkDepth,
        depthLimit: Int = walkDepth
    ) -> [JSONNode]? {
        guard bytes.count < Int(UInt32.max) else { return nil }
        return bytes.withUnsafeBufferPointer { buffer in
            var parser = JSONParser(
                bytes: buffer, end: range.upperBound, keptDepth: keptDepth,
                depthLimit: depthLimit, at: range.lowerBound)
            parser.nodes.reserveCapacity(min(32, range.count / 8 + 1))
            return parser.document() ? parser.nodes : nil
        }
    }

    /// Whether the bytes are one JSON object or array, however deep, as a settings file is.
    static func isContainer(_ bytes: [UInt8]) -> Bool {
        let start = RecordFile.bodyStart(bytes)
        let first = bytes[start...].first { !isSpace($0) }
        guard first == 0x7b || first == 0x5b else { return false }
        return nodes(
            of: bytes, in: start..<bytes.count, keptDepth: -1, depthLimit: .max) != nil
    }

    static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09
    }

    private init(
        bytes: UnsafeBufferPointer<UInt8>, end: Int, keptDepth: Int, depthLimit: Int, at: Int
    ) {
        self.bytes = bytes
        self.end = end
        self.keptDepth = keptDepth
        self.depthLimit = depthLimit
        self.at = at
    }

    private mutating func document() -> Bool {
        var wantsValue = true
        while true {
            skipSpace()
            if wantsValue {
                guard at < end, let done = value() else { return false }
                wantsValue = !done
                continue
            }
            guard let frame = stack.last else { return at == end }
            guard at < end else { return false }
            switch bytes[at] {
            case 0x2c:
                at += 1
                if frame.isObject, !key() { return false }
                wantsValue = true
            case 0x7d where frame.isObject, 0x5d where !frame.isObject: close()
            default: return false
            }
        }
    }

    /// Reads a scalar or opens a container; nil when neither stands here.
    /// - Returns: whether the value is complete.
    private mutating func value() -> Bool? {
        let start = at
        switch bytes[at] {
        case 0x7b, 0x5b: return open()
        case 0x22:
            guard string() else { return nil }
            keep(.string, start)
        case 0x74:
            guard word([0x74, 0x72, 0x75, 0x65]) else { return nil }
            keep(.true, start)
        case 0x66:
            guard word([0x66, 0x61, 0x6c, 0x73, 0x65]) else { return nil }
            keep(.false, start)
        case 0x6e:
            guard word([0x6e, 0x75, 0x6c, 0x6c]) else { return nil }
            keep(.null, start)
        default:
            guard number() else { return nil }
            keep(.number, start)
        }
        return true
    }

    private mutating func open() -> Bool? {
        guard stack.count < depthLimit else { return nil }
        let isObject = bytes[at] == 0x7b
        let kept = stack.count <= keptDepth
        if kept {
            nodes.append(
                JSONNode(
                    start: UInt32(at), end: 0, next: 0, kind: isObject ? .object : .array))
        }
        stack.append(Frame(isObject: isObject, node: kept ? nodes.count - 1 : -1))
        at += 1
        skipSpace()
        if at < end, bytes[at] == (isObject ? 0x7d : 0x5d) {
            close()
            return true
        }
        if isObject, !key() { return nil }
        return false
    }

    private mutating func close() {
        at += 1
        let frame = stack.removeLast()
        guard frame.node >= 0 else { return }
        nodes[frame.node].end = UInt32(at)
        nodes[frame.node].next = UInt32(nodes.count)
    }

    private mutating func key() -> Bool {
        skipSpace()
        let start = at
        guard at < end, bytes[at] == 0x22, string() else { return false }
        keep(.string, start)
        skipSpace()
        guard at < end, bytes[at] == 0x3a else { return false }
        at += 1
        return true
    }

    private mutating func keep(_ kind: JSONKind, _ start: Int) {
        guard stack.count <= keptDepth else { return }
        nodes.append(
            JSONNode(
                start: UInt32(start), end: UInt32(at), next: UInt32(nodes.count + 1), kind: kind))
    }

    private mutating func skipSpace() {
        while at < end, Self.isSpace(bytes[at]) { at += 1 }
    }

    private mutating func word(_ letters: [UInt8]) -> Bool {
        guard end - at >= letters.count else { return false }
        for (offset, letter) in letters.enumerated() where bytes[at + offset] != letter {
            return false
        }
        at += letters.count
        return true
    }

    private mutating func digits() -> Bool {
        let start = at
        while at < end, bytes[at] &- 0x30 <= 9 { at += 1 }
        return at > start
    }

    private mutating func number() -> Bool {
        if bytes[at] == 0x2d { at += 1 }
        guard at < end else { return false }
        if bytes[at] == 0x30 { at += 1 } else if !digits() { return false }
        if at < end, bytes[at] == 0x2e {
            at += 1
            guard digits() else { return false }
        }
        if at < end, bytes[at] | 0x20 == 0x65 {
            at += 1
            if at < end, bytes[at] == 0x2b || bytes[at] == 0x2d { at += 1 }
            guard digits() else { return false }
        }
        return true
    }

    private mutating func string() -> Bool {
        at += 1
        while at < end {
            let byte = bytes[at]
            if byte == 0x22 {
                at += 1
                return true
            }
            if byte == 0x5c {
                guard escape() else { return false }
            } else if byte >= 0x80 {
                guard let length = UTF8Check.length(of: bytes, at: at, end: end) else {
                    return false
                }
                at += length
            } else {
                guard byte >= 0x20 else { return false }
                at += 1
            }
        }
        return false
    }

    private mutating func escape() -> Bool {
        guard at + 1 < end else { return false }
        switch bytes[at + 1] {
        case 0x22, 0x5c, 0x2f, 0x62, 0x66, 0x6e, 0x72, 0x74:
            at += 2
            return true
        case 0x75:
            guard at + 6 <= end else { return false }
            for offset in 2..<6 where JSONString.hexDigit(bytes[at + offset]) == nil {
                return false
            }
            at += 6
            return true
        default: return false
        }
    }
}
