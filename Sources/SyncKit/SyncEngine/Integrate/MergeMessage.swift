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
            let rest = line[colon.upperBound...]
            if let end = rest.firstRange(of: " lost ") {
                let words = rest[end.upperBound...].split(separator: " ")
                guard words.count >= 3, words[1] == "of", let blob = ObjectID(hex: words[0]),
                    let commit = ObjectID(hex: words[2].prefix(40)),
                    let path = TreePath(String(rest[..<end.lowerBound]))
                else { return nil }
                return Loss(path: path, type: type, blob: blob, commit: commit)
            }
            guard let end = rest.firstRange(of: " kept against its deletion in "),
                let commit = ObjectID(hex: rest[end.upperBound...]),
                let path = TreePath(String(rest[..<end.lowerBound]))
            else { return nil }
            return Loss(path: path, type: type, blob: nil, commit: commit)
        }
    }
}
