/// What a line of YAML says of the nodes that begin in it. Source: YAML 1.2.2, chapters 6 to 8.
enum YAMLNode {
    /// Whether an anchor, an alias or a merge key in a line ties it to another node. It stands
    /// where a node begins; in prose `*` and `&` are signs like any others.
    static func isTied(_ line: ArraySlice<UInt8>) -> Bool {
        var node = line.drop { $0 == 0x20 }
        while let first = node.first, [0x2d, 0x3f].contains(first), node.dropFirst().first == 0x20 {
            node = node.dropFirst().drop { $0 == 0x20 }
        }
        if node.starts(with: "<<:".utf8) || ties(node) { return true }
        // What is indented may stand in brackets that another line opens.
        if line.first == 0x20, isFlowTied(node) { return true }
        guard let value = value(of: node) else { return isFlow(node) && isFlowTied(node) }
        return ties(value) || isFlow(value) && isFlowTied(value)
    }

    /// Whether a value is a block of text, whose lines follow.
    static func opensBlock(_ value: ArraySlice<UInt8>) -> Bool {
        let value = value.drop { $0 == 0x20 }
        guard let first = value.first, first == 0x7c || first == 0x3e else { return false }
        let rest = value.dropFirst().drop {
            [0x2b, 0x2d].contains($0) || (0x30...0x39).contains($0)
        }
        return rest.drop { $0 == 0x20 }.first.map { $0 == 0x23 } ?? true
    }

    /// What stands behind the key of a line; nil where it has none.
    private static func value(of node: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        if let quote = node.first, quote == 0x22 || quote == 0x27 {
            guard let end = end(of: node) else { return nil }
            let rest = node[(end + 1)...].drop { $0 == 0x20 }
            return rest.first == 0x3a ? rest.dropFirst().drop { $0 == 0x20 } : nil
        }
        for at in node.indices.dropLast() where node[at] == 0x3a && node[at + 1] == 0x20 {
            return node[(at + 1)...].drop { $0 == 0x20 }
        }
        return nil
    }

    /// Where the quoted text ends with which a node begins: a quote that stands twice, or behind a
    /// backslash, is part of it.
    private static func end(of node: ArraySlice<UInt8>) -> Int? {
        guard let quote = node.first else { return nil }
        var at = node.startIndex + 1
        while at < node.endIndex {
            let isDoubled =
                quote == 0x27 && node[at] == quote && at + 1 < node.endIndex
                && node[at + 1] == quote
            if isDoubled || quote == 0x22 && node[at] == 0x5c {
                at += 2
            } else if node[at] == quote {
                return at
            } else {
                at += 1
            }
        }
        return nil
    }

    /// Whether a node begins with an anchor, or is an alias. A tag may stand before it.
    private static func ties(_ whole: ArraySlice<UInt8>) -> Bool {
        var node = whole
        while node.first == 0x21 {
            node = node.drop { $0 != 0x20 }.drop { $0 == 0x20 }
        }
        let word = node.prefix { ![0x20, 0x2c, 0x5d, 0x7d].contains($0) }
        guard word.count > 1 else { return false }
        if word.first == 0x26 { return true }
        guard word.first == 0x2a else { return false }
        let rest = node.dropFirst(word.count).drop { $0 == 0x20 }
        return rest.first.map { [0x23, 0x2c, 0x3a, 0x5d, 0x7d].contains($0) } ?? true
    }

    private static func isFlow(_ node: ArraySlice<UInt8>) -> Bool {
        node.first == 0x5b || node.first == 0x7b
    }

    /// The same of the nodes in `[a, b]` and `{a: b}`.
    private static func isFlowTied(_ node: ArraySlice<UInt8>) -> Bool {
        var quote: UInt8?
        for at in node.indices {
            let byte = node[at]
            if let open = quote {
                if byte == open { quote = nil }
            } else if byte == 0x22 || byte == 0x27 {
                quote = byte
            } else if [0x5b, 0x7b, 0x2c, 0x3a].contains(byte),
                ties(node[(at + 1)...].drop { $0 == 0x20 })
            {
                return true
            }
        }
        return false
    }
}
