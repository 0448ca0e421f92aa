package import SyncModel

/// How a person resolves a document's conflict.
package enum ConflictChoice: Sendable, Hashable {
    /// Takes the text of one side where they disagree; counted from 0 in the order of the terms.
    case side(Int)
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

    /// What somebody made of a conflict's texts in its file.
    /// - Parameter content: the file as it stands.
    /// - Returns: each side's and each base's whole text, in the order of the terms; nil when the
    ///   file is as it was written, or its markers do not belong together any more.
    static func edited(
        _ terms: ConflictTerms, in content: [UInt8], as rule: FileRule, path: TreePath?
    ) -> (sides: [[UInt8]], bases: [[UInt8]])? {
        let text = DocumentMerge.withMarkers(content, terms, as: rule, path: path)
        var written = rule
        // Whether there are markers the file says: the rule may have been set since.
        written.writesMarkers = text == content
        if DocumentMerge.written(terms, as: written, path: path) == content { return nil }
        let labels = ConflictLabels(terms, path: path, version: rule.version)
        guard case .open(let sides, let bases) = ConflictMarkers.read(text, of: labels) else {
            return nil
        }
        return (sides, bases)
    }

    /// The sides, counted from 0, that disagree with nobody: wherever others do they say what a
    /// base says. A change that applies around a conflict is one, and so has no word in it.
    static func neutralSides(
        of terms: ConflictTerms, as rule: FileRule, path: TreePath?
    ) -> Set<Int> {
        let apart = DocumentMerge.disagreeing(terms, as: rule, path: path)
        return apart.isEmpty ? [] : Set(terms.sides.indices).subtracting(apart)
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
        let labels = ConflictLabels(terms, path: path, version: rule.version)
        let text = DocumentMerge.withMarkers(content, terms, as: rule, path: path)
        if choice == .both {
            return ConflictMarkers.joined(text, of: labels)
        }
        guard case .open(let sides, let bases) = ConflictMarkers.read(text, of: labels) else {
            return nil
        }
        switch choice {
        case .side(let index): return sides.indices.contains(index) ? sides[index] : nil
        case .base: return bases.first
        case .both: return nil
        }
    }
}
