/// A parsed text: its bytes, shared with the file it stands in, and its nodes.
struct JSONText: Sendable {
    let bytes: [UInt8]
    let nodes: [JSONNode]

    /// Parses one value; nil when it is not JSON or nested deeper than `JSONParser.walkDepth`.
    init?(_ bytes: [UInt8], in range: Range<Int>? = nil, keptDepth: Int = JSONParser.walkDepth) {
        guard
            let nodes = JSONParser.nodes(
                of: bytes, in: range ?? 0..<bytes.count, keptDepth: keptDepth)
        else { return nil }
        self.bytes = bytes
        self.nodes = nodes
    }

    var root: JSONValue { JSONValue(text: self, index: 0) }
}

/// A value in a parsed text.
struct JSONValue: Sendable {
    let text: JSONText
    let index: Int

    var node: JSONNode { text.nodes[index] }
    var kind: JSONKind { node.kind }
    var range: Range<Int> { Int(node.start)..<Int(node.end) }
    /// The value's own bytes.
    var source: ArraySlice<UInt8> { text.bytes[range] }

    /// Whether an array or object has nothing in it but white space.
    var isEmpty: Bool {
        text.bytes[range].dropFirst().dropLast().allSatisfy(JSONParser.isSpace)
    }

    /// The elements of an array in order; empty for anything else.
    var elements: [JSONValue] {
        guard kind == .array else { return [] }
        var result: [JSONValue] = []
        var at = index + 1
        while at < Int(node.next) {
            result.append(JSONValue(text: text, index: at))
            at = Int(text.nodes[at].next)
        }
        return result
    }

    /// The members of an object in order; empty for anything else.
    var members: [(key: JSONValue, value: JSONValue)] {
        guard kind == .object else { return [] }
        var result: [(key: JSONValue, value: JSONValue)] = []
        var at = index + 1
        while at < Int(node.next) {
            let value = JSONValue(text: text, index: at + 1)
            result.append((JSONValue(text: text, index: at), value))
            at = Int(value.node.next)
        }
        return result
    }

    /// The UTF-8 of a string's code points; empty for anything else.
    var string: [UInt8] {
        guard kind == .string else { return [] }
        var result: [UInt8] = []
        JSONString.unescape(text.bytes, range, into: &result)
        return result
    }

    /// The one spelling of what the value means: equal exactly when two values are equal by
    /// meaning. Keys are sorted; numbers and strings are normalised; it is not JSON.
    var canonical: [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(range.count)
        appendCanonical(to: &result)
        return result
    }

    /// Whether both mean the same.
    func means(_ other: JSONValue) -> Bool {
        kind == other.kind
            && (source.elementsEqual(other.source) || canonical == other.canonical)
    }

    private func appendCanonical(to result: inout [UInt8]) {
        switch kind {
        case .null: result.append(0x6e)
        case .true: result.append(0x74)
        case .false: result.append(0x66)
        case .number: JSONNumber.normalize(text.bytes, range, into: &result)
        case .string: appendString(to: &result)
        case .array:
            result.append(0x5b)
            for element in elements {
                element.appendCanonical(to: &result)
                result.append(0x2c)
            }
            result.append(0x5d)
        case .object:
            result.append(0x7b)
            let sorted = members.enumerated().map { (offset: $0, key: $1.key.string, $1.value) }
                .sorted { left, right in
                    if left.key == right.key { return left.offset < right.offset }
                    return left.key.lexicographicallyPrecedes(right.key)
                }
            for (_, key, value) in sorted {
                result.append(contentsOf: key)
                result.append(0xff)
                value.appendCanonical(to: &result)
                result.append(0x2c)
            }
            result.append(0x7d)
        }
    }

    /// A string's end is marked by a byte that no UTF-8 has.
    private func appendString(to result: inout [UInt8]) {
        result.append(0x22)
        JSONString.unescape(text.bytes, range, into: &result)
        result.append(0xff)
    }
}
