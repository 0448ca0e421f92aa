/// How a file holds records.
enum RecordShape: Hashable, Sendable {
    /// One JSON array of objects.
    case array
    /// A JSON object with one member that holds the records: an array, or a map keyed by id.
    case wrapper(key: [UInt8], isMap: Bool)
    /// A JSON object whose members are the records, keyed by id.
    case map
    /// JSON Lines.
    case lines
    /// Markdown blocks: `---`, `key: value` lines, `---`, a text.
    case blocks
    /// One JSON object that is itself the record.
    case object

    /// The names under which programs wrap their records.
    private static let wrapperNames: Set<[UInt8]> = Set(
        [
            "results", "memories", "messages", "events", "data", "items", "records", "entries",
            "documents", "conversations", "turns", "facts",
        ].map { Array($0.utf8) })

    /// The shapes a content admits, the best first; empty when it admits none.
    ///
    /// A shape is told by content, never by a name. Versions are merged in the first shape that
    /// all admit.
    static func candidates(_ bytes: [UInt8]) -> [RecordShape] {
        let body = RecordFile.bodyStart(bytes)..<bytes.count
        guard let first = bytes[body].first(where: { !JSONParser.isSpace($0) }) else { return [] }
        var result: [RecordShape] = []
        if let text = JSONText(bytes, in: body, keptDepth: 1) {
            let root = text.root
            if root.kind == .array, root.elements.allSatisfy({ $0.kind == .object }) {
                return [.array]
            }
            if root.kind == .object { result = objectShapes(root) }
            // With a key twice it is still one record, and taken whole.
            if root.kind == .object { result.append(.object) }
            if root.kind == .object, !root.source.contains(0x0a) {
                let isRecord = RecordInfo(root).identityKeys != 0
                result.insert(.lines, at: isRecord ? (wrapped(result) ? 1 : 0) : result.count)
            }
            if root.kind == .object { result += emptied(root).filter { !result.contains($0) } }
            return result
        }
        if first == 0x7b, RecordLines.areJSON(bytes, body) { return [.lines] }
        if RecordBlocks.split(bytes, body) != nil { return [.blocks] }
        return RecordLines.areJSON(bytes, body) ? [.lines] : []
    }

    /// What a file may be whose records all were deleted, if the other versions say so.
    private static func emptied(_ root: JSONValue) -> [RecordShape] {
        let members = root.members
        if members.isEmpty { return [.map] }
        return root.hasDuplicateKeys
            ? []
            : members.filter { $0.value.kind == .array && $0.value.isEmpty }
                .map { .wrapper(key: $0.key.string, isMap: false) }
    }

    /// Whether the first candidate is sure enough to come before JSON Lines of one line.
    private static func wrapped(_ shapes: [RecordShape]) -> Bool {
        switch shapes.first {
        case .wrapper(let key, _): wrapperNames.contains(key)
        case .map: true
        default: false
        }
    }

    private static func objectShapes(_ root: JSONValue) -> [RecordShape] {
        let members = root.members
        guard !root.hasDuplicateKeys else { return [] }
        var named: [RecordShape] = []
        var others: [RecordShape] = []
        for (key, value) in members where !value.kind.isScalar {
            guard
                let inner = JSONText(value.text.bytes, in: value.range, keptDepth: 1)?.root
            else { continue }
            let name = key.string
            let isMap = inner.kind == .object
            let children = isMap ? inner.members.map(\.value) : inner.elements
            guard children.allSatisfy({ $0.kind == .object }) else { continue }
            if isMap, inner.hasDuplicateKeys { continue }
            if wrapperNames.contains(name) {
                named.append(.wrapper(key: name, isMap: isMap))
            } else if !children.isEmpty, !isMap {
                others.append(.wrapper(key: name, isMap: false))
            }
        }
        if named.count == 1 { return named }
        if !members.isEmpty, members.allSatisfy({ $0.value.kind == .object }) { return [.map] }
        let isRecord = RecordInfo(root).identityKeys != 0
        return named.isEmpty && others.count == 1 && !isRecord ? others : []
    }
}
