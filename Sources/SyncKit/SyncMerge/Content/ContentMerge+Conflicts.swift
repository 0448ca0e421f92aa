package import SyncModel

/// How a person resolves a document's conflict.
package enum ConflictChoice: Sendable, Hashable {
    /// Takes, wherever sides disagree, what a device calls its own there.
    case ours(of: String)
    /// Takes, wherever sides disagree, what stands against that.
    case theirs(of: String)
    /// Takes what stood there before.
    case base
    /// Takes all sides' texts, one after the other.
    case both
}

extension ContentMerge {
    /// Whether a file still carries a conflict: its id is in a marker, be they whole or not, or
    /// the file shows no markers.
    package static func isOpen(
        _ terms: ConflictTerms, in content: [UInt8], as rule: FileRule, path: TreePath?
    ) -> Bool {
        if rule.writesMarkers, !terms.isUnmarked {
            return carries(terms.id(path: path), in: content)
        }
        guard let stamp = terms.sides.first?.stamp else { return false }
        let side = ContentSide(content: content, stamp: stamp, terms: terms)
        return DocumentMerge.openConflict(side, rule: rule, path: path) != nil
    }

    /// A conflict as its file has it by now.
    /// - Parameter content: the file as it stands.
    /// - Returns: each side's and each base's whole text, in the order of the terms, which sides
    ///   stand between markers, and whether somebody edited any of it; nil when the markers do not
    ///   belong together any more.
    static func standing(
        _ terms: ConflictTerms, in content: [UInt8], as rule: FileRule, path: TreePath?
    ) -> (sides: [[UInt8]], bases: [[UInt8]], shown: Set<Int>, isEdited: Bool)? {
        let text = DocumentMerge.withMarkers(content, terms, as: rule, path: path)
        var written = rule
        // Whether there are markers the file says: the rule may have been set since.
        written.writesMarkers = text == content
        let labels = ConflictLabels(terms, path: path)
        guard let pieces = ConflictMarkers.pieces(text, of: labels),
            case .open(let sides, let bases) = ConflictMarkers.read(text, of: labels)
        else { return nil }
        let shown = pieces.flatMap { piece -> [Int] in
            if case .conflict(let place) = piece { place.shown } else { [] }
        }
        let isEdited = DocumentMerge.written(terms, as: written, path: path) != content
        return (sides, bases, Set(shown), isEdited)
    }

    /// Whether a marker with a conflict's id is in a file.
    package static func carries(_ id: String, in content: [UInt8]) -> Bool {
        ConflictMarkers.areIn(content, of: id)
    }

    /// Resolves a conflict: the file as it is, with one text in place of each pair of markers, or
    /// of the earliest side's lines where it shows none.
    /// - Parameter content: the file as it stands, edited since the conflict or not.
    /// - Returns: nil when the markers do not belong together any more.
    package static func resolved(
        _ content: [UInt8], _ terms: ConflictTerms, as rule: FileRule, path: TreePath?,
        by choice: ConflictChoice
    ) -> [UInt8]? {
        let text = DocumentMerge.withMarkers(content, terms, as: rule, path: path)
        let makers = terms.sides.map(\.stamp.device)
        return ConflictMarkers.filled(text, of: ConflictLabels(terms, path: path)) { place in
            switch choice {
            case .ours(let device): place.sides[SideRoles(of: device, makers).own(place.shown)]
            case .theirs(let device): place.sides[SideRoles(of: device, makers).other(place.shown)]
            case .base: place.bases[0]
            case .both: place.joined
            }
        }
    }
}
