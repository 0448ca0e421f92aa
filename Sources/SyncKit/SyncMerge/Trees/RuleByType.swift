package import SyncModel

/// Merges each file by the rule of its type, which the trees themselves give: `.gitattributes`
/// files are merged first, the later write wins, and what comes of that applies.
package final class RuleByType: ContentRule {
    private let reader: any ObjectReader
    private let sink: any PackSink
    private let sides: Sides
    package let version: Int
    private let captured: CapturedVersions
    private let conflicts: (base: ConflictList, first: ConflictList, second: ConflictList)
    /// Each directory's merged attributes file, read once.
    private var attributes: [TreePath?: AttributesFile?] = [:]

    /// - Parameters:
    ///   - reader: gives trees and contents.
    ///   - sink: takes merged contents and the records of conflicts.
    ///   - stamps: dates versions; shared over one merge.
    ///   - version: of the rules.
    package init(
        reading reader: any ObjectReader, writing sink: any PackSink, stamps: CommitStamps,
        _ sides: Sides, version: Int = MergeIdentity.version
    ) throws(RepositoryError) {
        self.reader = reader
        self.sink = sink
        self.sides = sides
        self.version = version
        captured = CapturedVersions(
            stamps: stamps, history: History(stamps), bases: sides.bases, version: version)
        func list(_ tree: ObjectID?) throws(RepositoryError) -> ConflictList {
            try ConflictList(of: tree, isBounded: version >= 9, reading: reader)
        }
        conflicts = (
            try list(sides.base), try list(sides.first.tree), try list(sides.second.tree)
        )
    }

    package func merge(_ versions: ContentCase) throws(RepositoryError) -> ContentDecision {
        var before: [UInt8]?
        if let base = versions.base, base.mode.isFile { before = try past(base.id) }
        let origins = versions.origins
        let contents = (
            first: try reader.blob(versions.first.version.id),
            second: try reader.blob(versions.second.version.id)
        )
        let open = (
            base: try namesBefore(versions).firstOpen(
                in: conflicts.base, shown(before), reading: reader),
            first: try list(of: origins.first, on: .first).open(
                at: origins.first.path, in: shown(contents.first), reading: reader),
            second: try list(of: origins.second, on: .second).open(
                at: origins.second.path, in: shown(contents.second), reading: reader)
        )
        let (rule, source) = try self.rule(
            of: versions.path, before, [contents.first, contents.second],
            open: [open.base, open.first, open.second].compactMap { $0?.terms })
        let record = version < 9 ? nil : unmarked(open.base)
        let captures = (
            first: try self.captures(
                of: versions, at: origins.first, on: .first, beside: record, as: rule),
            second: try self.captures(
                of: versions, at: origins.second, on: .second, beside: record, as: rule)
        )
        let first = ContentSide(
            content: contents.first,
            stamp: madeStamp(versions.first.stamp, of: before, reopening: open.second?.terms),
            terms: open.first?.terms, captures: captures.first)
        let second = ContentSide(
            content: contents.second,
            stamp: madeStamp(versions.second.stamp, of: before, reopening: open.first?.terms),
            terms: open.second?.terms, captures: captures.second)
        // A conflict that goes on goes on under its name, whatever the file is called by now.
        let named = open.first?.named ?? open.second?.named ?? versions.path
        let result = ContentMerge.merge(
            base: before, first, second, as: rule, path: named, baseTerms: open.base?.terms)
        if sides.isFolding { return try folded(result, versions, rule, named) }
        guard let merged = result.content else { return try LastWriteWins().merge(versions) }
        var decision = ContentDecision(id: try id(of: merged, versions, (first, second)))
        decision.type = rule.type
        if let loser = result.losers.first {
            decision.loses = [loser.content == first.content ? .first : .second]
            // Two files that nothing declares simple have no version in common to be later than.
            let areStrangers =
                versions.base == nil && rule.type == .simple && source == .content && version >= 2
            decision.keepsCopy = !result.copies.isEmpty || areStrangers
        } else if version >= 7 {
            decision.loses = [(first, SideIndex.first), (second, .second)]
                .filter { side, _ in result.setAside.contains { $0.content == side.content } }
                .map(\.1)
        }
        decision.kind = result.fallback == .binary ? .binary : Self.kind(versions)
        decision.conflict = conflict(result, versions, rule, named)
        decision.stillOpen = stillOpen(merged, versions, rule, beside: decision.conflict)
        return decision
    }

    /// The rule by which a file's versions are merged, and what gave it.
    /// - Parameter terms: of the conflicts that are open in them.
    private func rule(
        of path: TreePath, _ base: [UInt8]?, _ contents: [[UInt8]], open terms: [ConflictTerms]
    ) throws(RepositoryError) -> (rule: FileRule, source: TypeSource) {
        var (rule, source) = try rules(for: path).type(of: path, version: version) {
            (base: base, sides: contents)
        }
        // What is open in a file without markers is open whatever its type is by now.
        if version >= 9, ![.document, .data].contains(rule.type),
            terms.contains(where: \.isUnmarked)
        {
            rule.type = .document
            rule.writesMarkers = false
        }
        return (rule, source)
    }

    /// What the base may call the file, the likeliest first. Rules before version 9 did not look
    /// for a conflict of a file that both sides renamed.
    private func namesBefore(_ versions: ContentCase) -> [TreePath] {
        let names = [versions.path, versions.origins.first.path, versions.origins.second.path]
        return version < 9 ? names : versions.former.prefix(1) + names
    }

    /// When a version was made. Of a decision that is taken back, and edited since, what was
    /// decided for is still that of the side that had it before.
    private func madeStamp(
        _ stamp: VersionStamp, of base: [UInt8]?, reopening terms: ConflictTerms?
    ) -> VersionStamp {
        guard sides.isTakingBack else { return stamp }
        return terms?.sides.first { $0.content == base }?.stamp ?? stamp
    }

    /// A content of the past. One that cannot be read is none for its own file, and takes no other
    /// file's away; rules before version 5 merged the commits as if they had nothing in common.
    private func past(_ blob: ObjectID) throws(RepositoryError) -> [UInt8]? {
        do {
            return try reader.blob(blob)
        } catch {
            if version >= 5, [.corrupt, .missing, .leftOut].contains(error.code) { return nil }
            throw error
        }
    }

    /// The side of the merge that a version stands in; before version 5 the one it stood for.
    private func place(of origin: PathTable.Origin, on side: SideIndex) -> SideIndex {
        if version < 5 { return side }
        return origin.commit == sides.first.commit ? .first : .second
    }

    /// The conflicts that are open in the commit that a version stands in.
    private func list(of origin: PathTable.Origin, on side: SideIndex) -> ConflictList {
        place(of: origin, on: side) == .first ? conflicts.first : conflicts.second
    }

    /// A content in which markers tell which conflict is open; rules before version 4 did not ask.
    private func shown(_ content: [UInt8]?) -> [UInt8]? { version >= 4 ? content : nil }

    private static func kind(_ versions: ContentCase) -> OpenConflict.Kind {
        versions.base == nil ? .addAdd : .content
    }

    /// The conflicts of the sides whose markers somebody broke: merged as text, they are still
    /// there, be it between the markers of another conflict.
    private func stillOpen(
        _ merged: [UInt8], _ versions: ContentCase, _ rule: FileRule,
        beside conflict: ConflictRecord?
    ) -> [ConflictRecord] {
        guard rule.writesMarkers, version >= 4 || conflict == nil else { return [] }
        var open: [ConflictRecord] = []
        for (origin, side) in [
            (versions.origins.first, SideIndex.first), (versions.origins.second, .second),
        ] {
            let list = list(of: origin, on: side)
            for record in list.records where record.path == origin.path && record.isText {
                let isListed = record.id == conflict?.id || open.contains { $0.id == record.id }
                if !isListed && ContentMerge.carries(record.id, in: merged) {
                    open.append(record.moved(to: versions.path))
                }
            }
        }
        return version >= 4 ? open : Array(open.prefix(1))
    }

    /// The conflict of events that one side came upon, or that neither resolved: a file has one.
    private func openBodies(_ versions: ContentCase) -> ConflictRecord? {
        func open(_ origin: PathTable.Origin, on side: SideIndex) -> [ConflictRecord] {
            list(of: origin, on: side).records.filter { $0.isOfBodies && $0.path == origin.path }
        }
        let first = open(versions.origins.first, on: .first)
        let second = open(versions.origins.second, on: .second)
        let before = Set(conflicts.base.records.map(\.id))
        let both = Set(first.map(\.id)).intersection(second.map(\.id))
        return (first + second).filter { both.contains($0.id) || !before.contains($0.id) }
            .min { $0.id < $1.id }?.moved(to: versions.path)
    }

    /// What has to be decided about the merged file.
    private func conflict(
        _ result: ContentResult, _ versions: ContentCase, _ rule: FileRule, _ named: TreePath
    ) -> ConflictRecord? {
        if let terms = result.conflict {
            return ConflictRecord(
                terms, path: versions.path, named: named, kind: Self.kind(versions),
                known: known(versions))
        }
        if result.isClean { return result.hasBodies ? openBodies(versions) : nil }
        return ConflictRecord(
            path: versions.path, type: rule.type, kind: .content, base: versions.base?.id,
            sides: [versions.first.stamp, versions.second.stamp], copy: nil)
    }

    /// The blobs that commits reach. What is taken back may be of a head that was left, as after
    /// the remote was rewritten: other devices have none of it.
    private func known(_ versions: ContentCase) -> Set<ObjectID> {
        if sides.isTakingBack { return [] }
        var known: Set<ObjectID> = [versions.first.version.id, versions.second.version.id]
        if let base = versions.base, sides.bases.count == 1 { known.insert(base.id) }
        for path in versions.paths { known.formUnion(capturedBlobs[path] ?? []) }
        let names = versions.paths.union(namesBefore(versions))
        for list in [conflicts.base, conflicts.first, conflicts.second] {
            for record in list.records where names.contains(record.path) {
                known.formUnion(record.namedBlobs)
            }
        }
        return known
    }

    private var capturedBlobs: [TreePath: Set<ObjectID>] = [:]

    /// The record of a conflict that the base carries and its file may show nothing of.
    private func unmarked(_ base: (terms: ConflictTerms, named: TreePath)?) -> TreePath? {
        guard let base, base.terms.isUnmarked else { return nil }
        return ConflictRecord.recordPath(base.terms.id(path: base.named))
    }

    /// The captured versions that a side's version came of.
    /// - Parameters:
    ///   - record: of the base's conflict, to resolve which is a version, too.
    ///   - rule: what they are merged by: of versions that no merge would look at none is read.
    private func captures(
        of versions: ContentCase, at origin: PathTable.Origin, on side: SideIndex,
        beside record: TreePath?, as rule: FileRule
    ) throws(RepositoryError) -> [CapturedContent] {
        if sides.isTakingBack { return [] }
        let path = origin.path
        let commit = (place(of: origin, on: side) == .first ? sides.first : sides.second).commit
        var captures: [CapturedContent] = []
        let made = try captured.versions(
            of: path, or: version < 9 ? [] : versions.former, beside: record, at: commit)
        let blobs = made.compactMap(\.stamp.blob)
        capturedBlobs[path, default: []].formUnion(blobs)
        // Before version 5 one that cannot be read made the commits have nothing in common.
        if version >= 5, try !ContentMerge.looksAt(size(of: blobs), rule) { return [] }
        for (stamp, resolves) in made {
            let content = try stamp.blob.flatMap { blob throws(RepositoryError) in try past(blob) }
            captures.append(CapturedContent(content: content, stamp: stamp, resolves: resolves))
        }
        return captures
    }

    /// How many bytes some contents of the past have, without those that cannot be read.
    private func size(of blobs: [ObjectID]) throws(RepositoryError) -> Int {
        var total = 0
        for blob in blobs {
            do throws(RepositoryError) {
                let (kind, size) = try reader.header(blob)
                if kind == .blob { total += size }
            } catch {
                guard [.corrupt, .missing, .leftOut].contains(error.code) else { throw error }
            }
        }
        return total
    }

    /// Of two bases one: where they conflict their own ancestor's text stands.
    private func folded(
        _ result: ContentResult, _ versions: ContentCase, _ rule: FileRule, _ named: TreePath
    ) throws(RepositoryError) -> ContentDecision {
        if let terms = result.conflict, let content = result.content,
            let text = ContentMerge.resolved(content, terms, as: rule, path: named, by: .base)
        {
            return ContentDecision(id: try sink.add(.blob, text))
        }
        if let merged = result.content, result.losers.isEmpty, result.conflict == nil {
            return ContentDecision(id: try sink.add(.blob, merged))
        }
        guard let base = versions.base else { return try LastWriteWins().merge(versions) }
        var decision = ContentDecision(id: base.id)
        decision.isBase = true
        return decision
    }

    private func id(
        of merged: [UInt8], _ versions: ContentCase, _ sides: (ContentSide, ContentSide)
    ) throws(RepositoryError) -> ObjectID {
        if merged == sides.0.content { return versions.first.version.id }
        if merged == sides.1.content { return versions.second.version.id }
        return try sink.add(.blob, merged)
    }

    package var listsConflicts: Bool { !sides.isFolding }

    package var isTakingBack: Bool { sides.isTakingBack }

    /// What several bases were folded into may stand in no commit.
    package var namesBases: Bool { version >= 9 && sides.bases.count == 1 }

    package func type(of path: TreePath, _ version: FileVersion) throws(RepositoryError)
        -> FileType
    {
        guard version.mode.isFile else { return .simple }
        let content = try reader.blob(version.id)
        return try rules(for: path).type(of: path, version: self.version) {
            (base: nil, sides: [content])
        }.rule.type
    }

    package func carries(_ record: ConflictRecord, _ version: FileVersion) throws(RepositoryError)
        -> Bool
    {
        guard version.mode.isFile else { return false }
        return ContentMerge.carries(record.id, in: try reader.blob(version.id))
    }

    package func isOpen(
        _ record: ConflictRecord, in version: FileVersion
    ) throws(RepositoryError) -> Bool {
        guard version.mode.isFile, let terms = try record.terms(reading: reader) else {
            return false
        }
        let content = try reader.blob(version.id)
        let rule = try rules(for: record.path).type(of: record.path, version: self.version) {
            (base: nil, sides: [content])
        }.rule
        return ContentMerge.isOpen(terms, in: content, as: rule, path: record.named)
    }

    package func write(_ record: ConflictRecord) throws(RepositoryError) -> ObjectID {
        try sink.add(.blob, record.rendered)
    }

    /// The rules that hold for a path: of the attributes files in the directories above it.
    private func rules(for path: TreePath) throws(RepositoryError) -> TypeRules {
        var files: [(directory: TreePath?, file: AttributesFile)] = []
        for directory in [nil] + path.ancestors.map(Optional.some) {
            if let file = try merged(in: directory) { files.append((directory, file)) }
        }
        return TypeRules(files: files)
    }

    /// A directory's attributes file as the merge leaves it: the side that changed it, the
    /// later one where both did.
    private func merged(in directory: TreePath?) throws(RepositoryError)
        -> AttributesFile?
    {
        if let known = attributes[directory] { return known }
        let path = TypeRules.attributes(in: directory)
        let base = try TreeDiff.version(at: path, of: sides.base, reading: reader)
        let first = try TreeDiff.version(at: path, of: sides.first.tree, reading: reader)
        let second = try TreeDiff.version(at: path, of: sides.second.tree, reading: reader)
        let chosen = second == base ? first : second
        var file: AttributesFile?
        if let chosen, chosen.mode.isFile { file = AttributesFile(try reader.blob(chosen.id)) }
        attributes.updateValue(file, forKey: directory)
        return file
    }
}

extension [TreePath] {
    /// The conflict that is open at the first of the paths that has one.
    fileprivate func firstOpen(
        in list: ConflictList, _ content: [UInt8]?, reading reader: any ObjectReader
    ) throws(RepositoryError) -> (terms: ConflictTerms, named: TreePath)? {
        for path in self {
            if let open = try list.open(at: path, in: content, reading: reader) { return open }
        }
        return nil
    }
}
