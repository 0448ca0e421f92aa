internal import SyncMerge
package import SyncModel

/// Who wrote each line of a file, or each record: the answer of `blame --json`.
package struct BlameAnswer: Sendable, Codable, Equatable {
    /// A line or a record, and the commit that made it what it is.
    package struct Entry: Sendable, Codable, Equatable {
        /// The commit.
        package let commit: ObjectID
        /// Its date, ISO 8601.
        package let time: String
        /// The device that made it.
        package let device: String
        /// The agent that it names; nil for none.
        @OrNull package private(set) var agent: String?
        /// What identifies the record; nil for a line.
        @OrNull package private(set) var record: String?
        /// The line, or what the record says.
        package let text: String
    }

    /// In the repository.
    package let path: TreePath
    /// `lines` or `records`.
    package let kind: String
    /// In the file's order.
    package let entries: [Entry]
}

/// Follows each part of a file back to the commit that made it, over merges and renames.
package struct Blame {
    private let reader: any ObjectReader
    private let stamps: CommitStamps
    private let whole: WholeParents

    /// - Parameter reader: the repository.
    package init(reading reader: any ObjectReader) {
        self.reader = reader
        stamps = CommitStamps(reading: reader)
        whole = WholeParents(reading: reader)
    }

    /// A version of the file on the way back.
    private struct Place: Hashable {
        let commit: ObjectID
        let path: TreePath
    }

    /// Where in a version one of the parts stands that are looked for.
    private typealias Standing = (at: Int, part: Int)

    /// Says who wrote what.
    /// - Returns: nil when no file stands there that has lines or records.
    /// - Throws: what reading the repository says; `.io` past `Limits.historyWalk` commits.
    package func answer(_ path: TreePath, at head: ObjectID) throws(RepositoryError)
        -> BlameAnswer?
    {
        guard let version = try stamps.file(at: path, of: head, reader), version.mode.isFile
        else { return nil }
        let content = try reader.blob(version.id)
        let type = try TypeRules(of: stamps.commit(head).tree, for: path, reading: reader)
            .type(of: path, content: content).rule.type
        let hasRecords = type.hasRecords && RecordDifference.records(of: content) != nil
        guard let parts = Parts(content, hasRecords: hasRecords) else { return nil }
        let makers = try makers(of: parts, Place(commit: head, path: path))
        var entries: [BlameAnswer.Entry] = []
        for (index, maker) in makers.enumerated() {
            let commit = try stamps.commit(maker)
            entries.append(
                BlameAnswer.Entry(
                    commit: maker, time: Timestamp(seconds: commit.committer.seconds).iso8601,
                    device: CommitStamps.device(of: commit), agent: commit.agent,
                    record: parts.names?[index], text: parts.texts[index]))
        }
        return BlameAnswer(path: path, kind: hasRecords ? "records" : "lines", entries: entries)
    }

    /// Why there is no answer, in a line for a person.
    package func reason(_ path: TreePath, at head: ObjectID) throws(RepositoryError) -> String {
        guard let version = try stamps.file(at: path, of: head, reader) else {
            return "there is no file \(path) in \(head.short)"
        }
        if version.mode.isFile, try reader.header(version.id).size > Limits.documentSize,
            try TextDifference.isText(reader.blob(version.id))
        {
            let most = "\(Limits.documentSize >> 20) MiB, or \(Limits.memorySize >> 20) of records"
            return "\(path) is too large: at most \(most)"
        }
        return "there is no text and no record in \(path)"
    }

    /// The commit that made each part.
    private func makers(of all: Parts, _ start: Place) throws(RepositoryError) -> [ObjectID] {
        var makers = Array(repeating: start.commit, count: all.count)
        var open: [Place: [Standing]] = [start: (0..<all.count).map { ($0, $0) }]
        var known: [ObjectID: Parts] = [:]
        var passed: Set<ObjectID> = []
        var walk = try HistoryWalk(from: start.commit, reading: reader)
        while !open.isEmpty, let step = try walk.next() {
            passed.insert(step.id)
            var due = open.keys.filter { $0.commit == step.id }
            while let place = due.popLast() {
                guard let parts = open.removeValue(forKey: place) else { continue }
                let (moved, made) = try follow(place, parts, all, &known)
                for item in made { makers[item.part] = place.commit }
                for (before, parts) in moved where !parts.isEmpty {
                    open[before, default: []] += parts
                    // A stamp that lies may let the walk come by a parent first.
                    if passed.contains(before.commit) { due.append(before) }
                }
            }
        }
        return makers
    }

    /// Follows parts that stand in a version one commit back.
    /// - Returns: those that a parent has, by where, and those that the commit made.
    private func follow(
        _ place: Place, _ standing: [Standing], _ all: Parts, _ known: inout [ObjectID: Parts]
    ) throws(RepositoryError) -> (moved: [(to: Place, [Standing])], made: [Standing]) {
        try whole.passingOver { () throws(RepositoryError) in
            try followOnce(place, standing, all, &known)
        }
    }

    private func followOnce(
        _ place: Place, _ standing: [Standing], _ all: Parts, _ known: inout [ObjectID: Parts]
    ) throws(RepositoryError) -> (moved: [(to: Place, [Standing])], made: [Standing]) {
        let commit = try stamps.commit(place.commit)
        let version = try version(place)
        var moved: [(to: Place, [Standing])] = []
        var parts = standing
        for parent in try parents(of: commit, place) where !parts.isEmpty {
            guard let before = try source(of: place, in: parent, commit) else { continue }
            if try self.version(before) == version {
                moved.append((before, parts))
                return (moved, [])
            }
            let here = try self.parts(place, all, &known)
            let places = try self.parts(before, all, &known).places(in: here)
            moved.append(
                (before, parts.compactMap { item in places[item.at].map { ($0, item.part) } }))
            parts.removeAll { places[$0.at] != nil }
        }
        return (moved, parts)
    }

    /// Those that have the file under its name first: there is nothing to look for.
    private func parents(of commit: Commit, _ place: Place) throws(RepositoryError) -> [ObjectID] {
        var (having, others): ([ObjectID], [ObjectID]) = ([], [])
        for parent in try whole.of(commit) {
            if try stamps.file(at: place.path, of: parent, reader) != nil {
                having.append(parent)
            } else {
                others.append(parent)
            }
        }
        return having + others
    }

    private func version(_ place: Place) throws(RepositoryError) -> FileVersion? {
        try stamps.file(at: place.path, of: place.commit, reader)
    }

    private func parts(
        _ place: Place, _ all: Parts, _ known: inout [ObjectID: Parts]
    ) throws(RepositoryError) -> Parts {
        guard let version = try version(place), version.mode.isFile else { return Parts.none }
        if let parts = known[version.id] { return parts }
        let content = try reader.blob(version.id)
        let parts = Parts(content, hasRecords: all.names != nil) ?? Parts.none
        known[version.id] = parts
        return parts
    }

    /// Where a parent has the file: under its name, or under the one that the commit renamed.
    private func source(of place: Place, in parent: ObjectID, _ commit: Commit)
        throws(RepositoryError) -> Place?
    {
        if try stamps.file(at: place.path, of: parent, reader) != nil {
            return Place(commit: parent, path: place.path)
        }
        let changes = try TreeDiff.changes(
            from: stamps.commit(parent).tree, to: commit.tree, reading: reader)
        if let old = TreeChange.renames(changes).first(where: { $0.value == place.path })?.key {
            return Place(commit: parent, path: old)
        }
        // The other side of a merge may have renamed it, and one of them edited it.
        for side in commit.parents where side != parent {
            if try stamps.file(at: place.path, of: side, reader) == nil { continue }
            let former = try FormerName.find(place.path, on: side, in: parent, reading: reader)
            if let former { return Place(commit: parent, path: former) }
        }
        return nil
    }
}

extension Blame {
    /// A content taken apart.
    private struct Parts {
        /// Of records, what identifies each.
        let names: [String]?
        let texts: [String]
        private let bytes: [ArraySlice<UInt8>]

        static let none = Parts(names: nil, texts: [], bytes: [])

        var count: Int { bytes.count }

        private init(names: [String]?, texts: [String], bytes: [ArraySlice<UInt8>]) {
            (self.names, self.texts, self.bytes) = (names, texts, bytes)
        }

        /// - Returns: nil for what has neither lines nor records.
        init?(_ content: [UInt8], hasRecords: Bool) {
            if hasRecords {
                guard let records = RecordDifference.records(of: content) else { return nil }
                self.init(
                    names: records.map(\.name), texts: records.map(\.text),
                    bytes: records.map { $0.bytes[...] })
                return
            }
            guard TextDifference.hunks(content, []) != nil else { return nil }
            self.init(
                names: nil,
                texts: TextDifference.split(content).map { String(decoding: $0, as: UTF8.self) },
                bytes: TextDifference.keys(content))
        }

        /// Which parts of a later content are here already: where they stand there, and here.
        func places(in other: Parts) -> [Int: Int] {
            var result: [Int: Int] = [:]
            if (names == nil) != (other.names == nil) { return [:] }
            if names == nil {
                for (old, new) in TextDifference.matches(bytes, in: other.bytes).enumerated()
                where new >= 0 {
                    result[new] = old
                }
                return result
            }
            // Of records that are the same the first that stands for no other yet. What identifies
            // one hangs on the others of its file.
            var here: [ArraySlice<UInt8>: [Int]] = [:]
            for (old, record) in bytes.enumerated().reversed() {
                here[record, default: []].append(old)
            }
            for (new, record) in other.bytes.enumerated() { result[new] = here[record]?.popLast() }
            return result
        }
    }
}

extension CommitStamps {
    /// What a commit has at a path; nil for nothing and for a directory.
    fileprivate func file(at path: TreePath, of id: ObjectID, _ reader: any ObjectReader)
        throws(RepositoryError) -> FileVersion?
    {
        try TreeDiff.file(at: path, of: commit(id).tree, reading: reader)
    }
}
