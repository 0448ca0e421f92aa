package import SyncMerge
package import SyncModel

/// The message of a merge commit: a function of what was merged, so that all devices write the
/// same.
package enum MergeMessage {
    /// Words the message.
    /// - Parameters:
    ///   - losses: every version that does not stand under its own name, listed as path, blob and
    ///     the commit it came from, so that `restore` can find it.
    ///   - version: of the rules.
    package static func text(
        _ first: ObjectID, _ second: ObjectID, _ losses: [MergeLoss],
        version: Int = MergeIdentity.version
    ) -> String {
        var text = "merged \(first.short) and \(second.short)"
        let lost = losses.filter { $0.loser != nil }
        if !lost.isEmpty { text += ", \(lost.count) settled" }
        text += "\n\n"
        for loss in losses {
            text += "\(loss.kind.rawValue) (\(loss.type.rawValue)): \(loss.path)"
            if let loser = loss.loser {
                text += " lost \(loser.id) of \(loss.loserStamp.commit)"
            } else {
                text += " kept against its deletion in \(loss.loserStamp.commit)"
            }
            if let copy = loss.copy { text += ", kept as \(copy)" }
            text += "\n"
        }
        if !losses.isEmpty { text += "\n" }
        return text + "\(MergeIdentity.versionTrailer): \(version)\n"
    }

    /// A version that a merge of some device lost.
    struct Loss {
        let path: TreePath
        let type: String
        let blob: ObjectID?
        /// The capture commit that made it, or took the file away.
        let commit: ObjectID
    }

    /// Reads a message that `text` wrote; a path with control characters in it is left out.
    static func losses(in message: String) -> [Loss] {
        message.split(separator: "\n").compactMap { line in
            guard let colon = line.firstRange(of: "): "), let open = line.firstIndex(of: "("),
                open < colon.lowerBound
            else { return nil }
            let type = String(line[line.index(after: open)..<colon.lowerBound])
            return loss(line[colon.upperBound...], type)
        }
    }

    /// A path may have the words after it in its own name: those count that lead to names of
    /// objects.
    private static func loss(_ rest: Substring, _ type: String) -> Loss? {
        for end in rest.ranges(of: " lost ") {
            let words = rest[end.upperBound...].split(separator: " ")
            guard words.count >= 3, words[1] == "of", let blob = ObjectID(hex: words[0]),
                let commit = ObjectID(hex: words[2].prefix(40)),
                words[2].count == 40 || words[2].dropFirst(40) == ","
            else { continue }
            return path(rest[..<end.lowerBound]).map {
                Loss(path: $0, type: type, blob: blob, commit: commit)
            }
        }
        guard let end = rest.ranges(of: " kept against its deletion in ").last,
            let commit = ObjectID(hex: rest[end.upperBound...])
        else { return nil }
        return path(rest[..<end.lowerBound]).map {
            Loss(path: $0, type: type, blob: nil, commit: commit)
        }
    }

    private static func path(_ text: Substring) -> TreePath? {
        // What was escaped would be another path, and of U+FFFD nobody knows what stood there.
        let isAltered = ["\\n", "\\t", "\\u{", "\u{fffd}"].contains { text.contains($0) }
        return isAltered ? nil : TreePath(String(text))
    }
}
