internal import SyncGit
package import SyncHistory
internal import SyncMerge
package import SyncModel

/// One open conflict with its sides and how each differs from the base.
package struct ConflictDetails: Sendable {
    /// Who stands there.
    package struct Side: Sendable {
        /// Empty for a version of before the conflict.
        package let device: String
        /// ISO 8601.
        package let time: String
        /// Nil for a deletion, and for a directory.
        package let blob: ObjectID?
        /// Whether it made a directory of that name.
        package let isDirectory: Bool
        /// Whether it is another repository's commit.
        package let isSubmodule: Bool
        /// Whether it is this device's.
        package let isOurs: Bool
        /// Whether it is the one that stands against ours.
        package let isTheirs: Bool
    }

    /// What a side did to the base.
    package struct Difference: Sendable {
        /// Which side, in words.
        package let title: String
        /// Each with ` `, `+` or `-` before it.
        package let lines: [String]
    }

    /// As in the list.
    package let conflict: OpenConflict
    /// Ordered by time.
    package let sides: [Side]
    /// Empty when the contents are no text.
    package let differences: [Difference]
    /// The file that holds the version beside.
    package let copy: TreePath?
    /// Whether two machines have this device's name, so that no side is known to be its own.
    package let isUnclear: Bool
}

extension VaultHistory {
    /// The open conflicts of the head, by path.
    package func conflicts() throws(RepositoryError) -> [OpenConflict] {
        let (tree, records) = try records()
        let standing = StandingSides(of: tree, records, reading: repository)
        return try records.map { record throws(RepositoryError) in
            OpenConflict(try standing.record(record), device: configuration.device)
        }
    }

    private func records() throws(RepositoryError) -> (tree: ObjectID?, [ConflictRecord]) {
        guard let head else { return (nil, []) }
        let tree = try repository.commit(head).tree
        return (tree, try ConflictList(of: tree, all: true, reading: repository).records)
    }

    /// The sides of a conflict.
    package func conflict(_ conflict: OpenConflict) throws -> ConflictDetails {
        let (tree, records) = try records()
        guard let recorded = records.first(where: { $0.id == conflict.id }) else {
            throw ChangeRefusal(.missing, "there is no open conflict \(conflict.id)")
        }
        let record = try StandingSides(of: tree, records, reading: repository).record(recorded)
        let (own, other) = (record.own(configuration.device), record.other(configuration.device))
        let namesake = try Namesake(
            namesake(), of: configuration.device, reading: repository)
        let isUnclear = namesake != nil && record.isUnclear(to: configuration.device)
        let isOfSubmodule = try record.isOfSubmodule(reading: repository)
        let sides = record.sides.enumerated().map { index, side in
            ConflictDetails.Side(
                device: side.stamp.device,
                time: Timestamp(milliseconds: side.stamp.milliseconds).iso8601,
                blob: side.blob, isDirectory: record.isAgainstDirectory && side.blob == nil,
                isSubmodule: isOfSubmodule && side.blob != nil,
                isOurs: !isUnclear && index == own, isTheirs: !isUnclear && index == other)
        }
        var differences: [ConflictDetails.Difference] = []
        let base =
            try record.bases.first.flatMap {
                try record.content($0.blob, $0.text, repository)
            } ?? []
        for (index, side) in record.sides.enumerated() where !isOfSubmodule {
            guard let content = try record.content(side.blob, side.text, repository),
                let lines = TextDifference.lines(base, content)
            else { continue }
            let whose =
                isUnclear ? "side" : index == own ? "ours" : index == other ? "theirs" : "also"
            differences.append(.init(title: "\(whose) (\(side.stamp.device))", lines: lines))
        }
        return ConflictDetails(
            conflict: conflict, sides: sides, differences: differences, copy: record.copy,
            isUnclear: isUnclear)
    }

    /// The rule of a file.
    package func type(of path: TreePath) throws(RepositoryError) -> TypeAnswer {
        let tree = try head.map { id throws(RepositoryError) in try repository.commit(id).tree }
        var content: [UInt8] = []
        if let version = try TreeDiff.version(at: path, of: tree, reading: repository),
            version.mode.isFile
        {
            content = try repository.blob(version.id)
        }
        let found = try TypeRules(of: tree, for: path, reading: repository)
            .type(of: path, content: content)
        let source =
            switch found.source {
            case .line(let file, let number): "line \(number) of \(file)"
            case .layout(let pattern): "the default for \(pattern)"
            case .content: "its content: text is a document, the rest simple"
            }
        return TypeAnswer(path: path, type: found.rule.type.rawValue, source: source)
    }
}

/// By which rule a file merges: the answer of `type --json`.
package struct TypeAnswer: Sendable, Codable, Equatable {
    /// In the repository.
    package let path: TreePath
    /// `simple`, `document`, `memory`, `conversation` or `event`.
    package let type: String
    /// What says so, in words.
    package let source: String
}
