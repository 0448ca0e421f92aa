/// What makes a text no JSON that everybody reads alike: RFC 8259 leaves it open what equal keys
/// mean, and some readers pass over a comma too many.
package enum JSONFault: Equatable {
    /// It is no JSON, or nested too deep.
    case unreadable
    /// An object has a key twice; the name as one would write it: `writes[0].path`.
    case twice(String)

    /// Looks for the first.
    /// - Returns: nil where there is none.
    package init?(in bytes: [UInt8]) {
        guard let text = JSONText(bytes) else {
            self = .unreadable
            return
        }
        guard let key = Self.keyTwice(in: text.root, at: "") else { return nil }
        self = .twice(key)
    }

    private static func keyTwice(in value: JSONValue, at place: String) -> String? {
        for (index, element) in value.elements.enumerated() where !element.kind.isScalar {
            if let key = keyTwice(in: element, at: "\(place)[\(index)]") { return key }
        }
        var seen: Set<[UInt8]> = []
        for (key, inner) in value.members {
            let name = key.string
            let text = String(decoding: name, as: UTF8.self)
            let written = place.isEmpty ? text : "\(place).\(text)"
            if !seen.insert(name).inserted { return written }
            if let key = keyTwice(in: inner, at: written) { return key }
        }
        return nil
    }
}
