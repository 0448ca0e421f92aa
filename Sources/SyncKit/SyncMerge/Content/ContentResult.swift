/// What merging one file's versions gives.
package struct ContentResult: Sendable {
    /// The merged bytes; nil when the file is to be absent.
    package var content: [UInt8]?
    /// What the result's stamp is when it is merged again: the later side's.
    package var stamp: VersionStamp
    /// The open conflict; nil when there is none.
    package var conflict: ConflictTerms?
    /// The versions that last write wins set aside: listed, and restorable from history.
    package var losers: [CapturedContent] = []
    /// The versions that are not wholly in the file, though both are in it: of a record that both
    /// changed, or one changed and the other deleted, one stands, and so it does of two
    /// resolutions of one conflict. Listed as `losers` are.
    package var setAside: [CapturedContent] = []
    /// Versions to be kept beside the file under a conflict copy's name.
    package var copies: [CapturedContent] = []
    /// What a person may want to look at; sorted, so that it is the same on every device.
    package var notes: [MergeNote] = []
    /// Whether several bodies stand for one event: of this merge, or of one before.
    var hasBodies = false
    /// Why the file was not merged by its type's own rule.
    package var fallback: MergeFallback?

    /// Whether nothing waits for a person: no open conflict and no second body of an event.
    package var isClean: Bool { conflict == nil && !notes.contains { $0.isConflict } }

    init(content: [UInt8]?, stamp: VersionStamp) {
        self.content = content
        self.stamp = stamp
    }
}

/// Why a file was merged by a coarser rule than its type's.
package enum MergeFallback: String, Hashable, Sendable, Codable {
    /// Larger than the type's limit: last write wins and a conflict copy.
    case tooLarge
    /// NUL bytes or UTF-16: last write wins and a conflict copy.
    case binary
    /// One side does not parse: the other wins, and a conflict copy.
    case unparsable
    /// The sides have no shape in common: last write wins and a conflict copy.
    case shape
    /// Text without records: merged as a document.
    case text
    /// Markers would have to be longer than `Limits.markerLength`: last write wins and a
    /// conflict copy.
    case markers
}

/// Something that a merge decided and a person may want to see.
package struct MergeNote: Hashable, Sendable, Comparable {
    /// What happened.
    package enum Kind: String, Hashable, Sendable, Codable {
        /// A record (or the file) was edited on one side and deleted on the other: the edit stays.
        case editKept
        /// Each side brought another body for one event: all stand.
        case eventBodies
        /// Two new records with different ids have the same text.
        case sameText
        /// Both sides changed one field of front matter: the later write won.
        case fieldOverwritten
        /// A torn last line was dropped because another line begins with it.
        case tornLineDropped
    }

    /// What happened.
    package let kind: Kind
    /// What it happened to: a record's identity, a field's name.
    package let subject: String

    /// Whether it waits for a person's decision.
    package var isConflict: Bool { kind == .eventBodies }

    init(_ kind: Kind, _ subject: some Sequence<UInt8>) {
        self.kind = kind
        self.subject = String(decoding: Array(subject), as: UTF8.self)
    }

    /// Orders by kind, then by the subject's bytes.
    package static func < (left: MergeNote, right: MergeNote) -> Bool {
        if left.kind != right.kind { return left.kind.rawValue < right.kind.rawValue }
        return left.subject.utf8.lexicographicallyPrecedes(right.subject.utf8)
    }
}
