internal import SyncModel

/// Merges versions of a file of records.
///
/// The sides come ordered, `early` before `late` by stamp, so nothing here can depend on whose
/// side is whose. Each record is decided on its own, as a function of the base and of the set of
/// captured versions that changed it; the order of the file is a function of the base and of the
/// merged set.
struct RecordMerge {
    /// A record of the result: one identity, as it will be written.
    struct Merged {
        let id: Int
        var raws: [Int]
    }

    /// The merged file and what is said about it.
    struct Result {
        var content: [UInt8]
        var notes: [MergeNote]
        /// Whether something that the earlier or the later side changed is not in it.
        var isSetAside: (early: Bool, late: Bool)
        /// Whether several bodies stand for one event.
        var hasBodies = false
    }

    let type: FileType
    /// The version of the rules.
    let version: Int
    let shape: RecordShape
    let identity: RecordIdentity
    var table: RecordTable
    let base: RecordVersion
    let early: RecordVersion
    let late: RecordVersion
    /// The captured versions of each side where it is itself a merge.
    let earlyLeaves: [RecordVersion]
    let lateLeaves: [RecordVersion]
    /// What each identity is, canonical, by number.
    let names: [ArraySlice<UInt8>]
    var notes: [MergeNote] = []
    /// Whether something that a side changed is not in the result.
    var isSetAside = (early: false, late: false)
    /// Whether several bodies stand for one event.
    private var hasBodies = false

    /// Merges the file.
    /// - Parameters:
    ///   - contents: the base's, the earlier side's and the later side's bytes; an absent or
    ///     blank one holds no records.
    ///   - captures: of the earlier and of the later side, where it is a merge.
    ///   - shape: one that all contents admit.
    /// - Returns: nil where the records cannot stand in one file: a block of Markdown that ends
    ///   as a header begins would take the next one with it.
    static func merged(
        base: [UInt8]?, early: ContentSide, late: ContentSide, rule: FileRule, shape: RecordShape
    ) -> Result? {
        func file(_ content: [UInt8]?) -> RecordFile {
            RecordFile.isBlank(content) ? RecordFile() : RecordFile(content ?? [], shape)
        }
        let files = [file(base), file(early.content), file(late.content)]
        let earlyLeaves = early.captures.count > 1 ? early.captures.map { file($0.content) } : []
        let lateLeaves = late.captures.count > 1 ? late.captures.map { file($0.content) } : []
        let all = files + earlyLeaves + lateLeaves
        let stamps =
            [early.stamp, early.stamp, late.stamp]
            + (earlyLeaves.isEmpty ? [] : early.captures.map(\.stamp))
            + (lateLeaves.isEmpty ? [] : late.captures.map(\.stamp))
        var table = RecordTable(shape.form)
        let numbers = all.map { file in file.records.map { table.add($0) } }
        let identity: RecordIdentity =
            shape.hasPlaces
            ? .place : .choose(Array(numbers[..<3]), &table, version: rule.version)
        var reader = RecordReader(identity: identity, isEvent: rule.type == .event)
        let versions = zip(numbers, stamps).map { reader.version($0, $1, &table) }
        var merge = RecordMerge(
            type: rule.type, version: rule.version, shape: shape, identity: identity,
            table: table, base: versions[0], early: versions[1], late: versions[2],
            earlyLeaves: Array(versions[3..<(3 + earlyLeaves.count)]),
            lateLeaves: Array(versions[(3 + earlyLeaves.count)...]), names: reader.names)
        var decided = merge.resolved()
        let key = rule.type == .event && rule.version >= 9 ? merge.eventKey() : nil
        if let key { merge.restoreBodies(to: &decided, key) }
        // A line that some version has with its end is whole there, whatever it looks like.
        let ended = zip(all, numbers).map { $0.tornLine == nil ? $1[...] : $1.dropLast() }
        let torn = zip(all, numbers).compactMap { $0.tornLine == nil ? nil : $1.last }
        merge.dropTorn(Set(torn).subtracting(ended.joined()), &decided)
        let records = merge.arranged(decided)
        let raws = records.flatMap(\.raws)
        var style = RecordFile.Style.merged(
            base: files[0].style, early: files[1].style, late: files[2].style)
        // What is not JSON may be the beginning of a line: it never again stands without an end.
        if let last = raws.last, !merge.table.infos[last].isObject, shape == .lines {
            style.close = [0x0a]
        }
        if rule.type == .event { merge.reportBodies(records, key) } else { merge.reportTexts() }
        let shell = mergedShell(files, earlyLeaves, lateLeaves, stamps, rule)
        let content = RecordFile.rendered(
            raws.map { merge.table.bytes($0) }, shape, style, shell: shell?.bytes)
        if shape == .blocks, RecordFile(content, shape).records != raws.map(merge.table.bytes) {
            return nil
        }
        let around = shell?.isSetAside ?? (early: false, late: false)
        let isSetAside = (
            early: merge.isSetAside.early || around.early,
            late: merge.isSetAside.late || around.late
        )
        return Result(
            content: content,
            notes: (rule.version < 9 ? merge.notes : Array(Set(merge.notes))).sorted(),
            isSetAside: isSetAside,
            hasBodies: merge.hasBodies)
    }

    /// Merges what stands around the records of a wrapper, as a record of its own.
    private static func mergedShell(
        _ files: [RecordFile], _ early: [RecordFile], _ late: [RecordFile],
        _ stamps: [VersionStamp], _ rule: FileRule
    ) -> (bytes: [UInt8], isSetAside: (early: Bool, late: Bool))? {
        guard files.contains(where: { $0.shell != nil }) else { return nil }
        var table = RecordTable(.value)
        let versions = zip(files + early + late, stamps).map { file, stamp in
            var version = RecordVersion(stamp: stamp)
            if let shell = file.shell { version.count(id: 0, raw: table.add(shell[...])) }
            return version
        }
        var merge = RecordMerge(
            type: .memory, version: rule.version, shape: .object, identity: .place,
            table: table, base: versions[0], early: versions[1], late: versions[2],
            earlyLeaves: Array(versions[3..<(3 + early.count)]),
            lateLeaves: Array(versions[(3 + early.count)...]), names: [[]])
        guard let raw = merge.resolved().first?.raws.first else { return nil }
        return (Array(merge.table.bytes(raw)), merge.isSetAside)
    }

    /// Drops a torn line that is the beginning of another line that stays.
    private mutating func dropTorn(_ torn: Set<Int>, _ records: inout [Merged]) {
        for raw in torn {
            let bytes = table.bytes(raw)
            let isBeginning = records.contains { record in
                record.raws.contains { $0 != raw && table.bytes($0).starts(with: bytes) }
            }
            guard isBeginning else { continue }
            records.removeAll { $0.raws == [raw] }
            notes.append(MergeNote(.tornLineDropped, bytes.prefix(64)))
        }
    }

    /// Lists events of which each side brings another body. Which key names them the base says, so
    /// that what is in conflict already is no reason to think that none does; and a version that
    /// has all bodies says itself whether they are in conflict.
    private mutating func reportBodies(_ records: [Merged], _ key: Int?) {
        guard version >= 9 else { return reportBodiesByIdentity(records) }
        guard let key else { return }
        for (name, bodies) in severalBodies(records.map { ($0.id, $0.raws[0]) }, key) {
            hasBodies = true
            let isKnown = [base, early, late].contains { version in
                bodies.allSatisfy { version.place($0.id) != nil }
            }
            if !isKnown { notes.append(MergeNote(.eventBodies, RecordMerge.display(name.id))) }
        }
    }

    /// The same by rules before version 9.
    private mutating func reportBodiesByIdentity(_ records: [Merged]) {
        guard case .key(let key) = identity else { return }
        var bodies: [[UInt8]: Int] = [:]
        for record in records {
            guard let id = table.infos[record.raws[0]].identity(key) else { continue }
            bodies[id, default: 0] += 1
        }
        for (id, count) in bodies where count > 1 {
            notes.append(MergeNote(.eventBodies, RecordMerge.display(id)))
        }
    }

    /// What names an event: events of two types may have one id.
    private struct EventName: Hashable {
        let id: [UInt8]
        let type: [UInt8]?
    }

    private typealias Body = (id: Int, raw: Int)

    private func eventKey() -> Int? {
        let before = base.entries.isEmpty ? early.entries + late.entries : base.entries
        return RecordIdentity.ofEvents(before.map(\.raw), table)
    }

    /// The events for which several bodies stand, with these.
    private func severalBodies(_ records: [Body], _ key: Int) -> [EventName: [Body]] {
        let ids = records.map { table.infos[$0.raw].identity(key) }
        var counts: [[UInt8]: Int] = [:]
        for case let id? in ids { counts[id, default: 0] += 1 }
        var several: [EventName: [Body]] = [:]
        for (record, id) in zip(records, ids) {
            guard let id, counts[id, default: 0] > 1 else { continue }
            several[EventName(id: id, type: table.type(record.raw)), default: []].append(record)
        }
        return several.filter { $0.value.count > 1 }
    }

    /// Puts bodies back about which versions decided otherwise: who keeps some of several decides
    /// against the others, and two who do not keep the same ones would leave less than either.
    private mutating func restoreBodies(to records: inout [Merged], _ key: Int) {
        let before = severalBodies(base.entries.map { ($0.id, $0.raw) }, key)
        if before.isEmpty { return }
        let standing = Set(records.map(\.id))
        let versions =
            (earlyLeaves.isEmpty ? [early] : earlyLeaves)
            + (lateLeaves.isEmpty ? [late] : lateLeaves)
        for (name, bodies) in before {
            let decided = versions.map { version in
                Set(bodies.map(\.id).filter { version.place($0) != nil })
            }.filter { !$0.isEmpty && $0.count < bodies.count }
            guard Set(decided).count > 1 else { continue }
            let kept = decided.reduce(Set()) { $0.union($1) }
            let missing = bodies.filter { kept.contains($0.id) && !standing.contains($0.id) }
            if missing.isEmpty { continue }
            records += missing.map { Merged(id: $0.id, raws: [$0.raw]) }
            // Who has them all says itself whether they are in conflict.
            let isKnown = [early, late].contains { version in
                kept.allSatisfy { version.place($0) != nil }
            }
            if !isKnown { notes.append(MergeNote(.eventBodies, RecordMerge.display(name.id))) }
        }
        if records.count == standing.count { return }
        // Each where the base has it, as in what was resolved.
        let places = records.map { base.place($0.id) ?? .max }
        records = zip(records, places).enumerated()
            .sorted { ($0.element.1, $0.offset) < ($1.element.1, $1.offset) }
            .map(\.element.0)
    }

    /// Lists pairs of records that both sides added with one text under different ids.
    private mutating func reportTexts() {
        guard case .key = identity else { return }
        var texts: [[UInt8]: Int] = [:]
        for entry in early.entries where base[entry.id] == nil && late[entry.id] == nil {
            if let text = text(entry.raw) { texts[text] = entry.id }
        }
        guard !texts.isEmpty else { return }
        for entry in late.entries where base[entry.id] == nil && early[entry.id] == nil {
            guard let text = text(entry.raw), let other = texts[text] else { continue }
            let pair = [name(other), name(entry.id)].sorted { $0.lexicographicallyPrecedes($1) }
            notes.append(MergeNote(.sameText, pair[0] + [0x20] + pair[1]))
        }
    }

    private func text(_ raw: Int) -> [UInt8]? {
        guard let fields = table.value(raw)?.dictionary else { return nil }
        for name in ["memory", "text", "content", "data"] {
            if let value = fields[Array(name.utf8)], value.kind == .string { return value.string }
        }
        return nil
    }

    /// An identity for people to read.
    func name(_ id: Int) -> [UInt8] { Self.display(names[id].dropFirst()) }

    private static func display(_ canonical: some Sequence<UInt8>) -> [UInt8] {
        Array(canonical.filter { $0 < 0xfe && $0 != 0x22 }.prefix(64))
    }
}

extension RecordShape {
    /// How records stand in such a file.
    var form: RecordTable.Form {
        switch self {
        case .map, .wrapper(_, isMap: true): .member
        case .blocks: .block
        default: .value
        }
    }

    /// Whether a record's place in the file is its identity: a map's key, or the only one.
    var hasPlaces: Bool { form == .member || self == .object }
}

extension RecordFile {
    /// Whether there is nothing but white space.
    static func isBlank(_ content: [UInt8]?) -> Bool {
        guard let content else { return true }
        return content[bodyStart(content)...].allSatisfy(JSONParser.isSpace)
    }
}
