/// The four kinds of git object, with the word that git's object header uses.
package enum ObjectKind: String, Sendable {
    case commit, tree, blob, tag
}

/// An object as read from a repository: its kind and its whole, inflated content.
package struct StoredObject: Sendable, Equatable {
    /// As the object's header says.
    package let kind: ObjectKind
    /// Inflated, without the header.
    package let content: [UInt8]

    package init(kind: ObjectKind, content: [UInt8]) {
        self.kind = kind
        self.content = content
    }

    /// What a tag is put on; nil for another kind. Its first line is "object" and 40 digits.
    package var tagged: ObjectID? {
        if kind != .tag { return nil }
        return ObjectID(hex: String(decoding: content.dropFirst(7).prefix(40), as: UTF8.self))
    }
}
