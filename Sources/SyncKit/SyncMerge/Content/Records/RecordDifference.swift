internal import SyncModel

/// How one version of a file of records differs from another, record by record.
package enum RecordDifference {
    /// A record that came, went or changed.
    package struct Change: Sendable, Equatable {
        /// What identifies the record, for people to read; of one that nothing identifies the
        /// beginning of its text.
        package let name: String
        /// Its bytes in the older version; nil where it was not there.
        package let before: [UInt8]?
        /// Its bytes in the newer version; nil where it is not there.
        package let after: [UInt8]?
        /// What it says, in one line: of the newer version where it is there.
        package let text: String
        /// What it said before; nil where it was not there.
        package let textBefore: String?
        /// Which of its fields changed; empty for one that came or went.
        package let fields: [String]
    }

    /// How two versions differ.
    package struct Comparison: Sendable, Equatable {
        /// Each record by itself, be it one of several of an identity.
        package let changes: [Change]
        /// Whether the records' changes are all, but for what means the same in JSON: white space
        /// and the order of keys.
        package let isWhole: Bool
    }

    /// One record of a file.
    package struct Record: Sendable, Equatable {
        /// As in `Change`.
        package let name: String
        /// Tells the records of a file apart that are not one to a merge.
        package let identity: Int
        /// As the file has it.
        package let bytes: [UInt8]
        /// What it says, in one line.
        package let text: String
    }

    /// Compares two versions.
    /// - Parameters: nil is an absent file.
    /// - Returns: removed and changed records in the older file's order, then what came, those of
    ///   one identity together; nil when the two hold no records of one shape, or one is past
    ///   `Limits.memorySize`.
    package static func changes(_ old: [UInt8]?, _ new: [UInt8]?) -> [Change]? {
        guard var versions = Versions(old, new) else { return nil }
        return versions.groups().map { versions.change($0) }
    }

    /// The same for a reader, who is to miss nothing.
    package static func comparison(_ old: [UInt8]?, _ new: [UInt8]?) -> Comparison? {
        guard var versions = Versions(old, new) else { return nil }
        var parts: [Versions.Group] = []
        for group in versions.groups() { parts += versions.parts(of: group) }
        let changes = parts.map { versions.change($0) }
        let areTold = changes.allSatisfy { change in
            change.before == nil || change.after == nil || change.text != change.textBefore
                || !change.fields.isEmpty
        }
        return Comparison(changes: changes, isWhole: areTold && versions.areAll(parts))
    }

    /// The records of a file, in its order, each by itself, be it one of several of an identity.
    /// - Returns: nil when it holds none of a shape that is known, or is past `Limits.memorySize`.
    package static func records(of content: [UInt8]) -> [Record]? {
        guard let versions = Versions(content, content) else { return nil }
        return versions.numbers[0].map { raw in
            let id = versions.reader.identity(of: raw)
            return Record(
                name: versions.name(id, raw), identity: id, bytes: versions.bytes([raw]),
                text: versions.text(raw))
        }
    }

    /// Puts one version's record into another version, all else as it is: in the place of the
    /// record of that identity, or behind the one that stands before it where it comes from. One
    /// that stands there as it was changes nothing.
    /// - Parameters:
    ///   - name: the record's, as `records` gives it.
    ///   - past: has the record.
    ///   - content: nil for an absent file.
    /// - Returns: nil when the two hold no records of one shape, or `past` has no such record.
    package static func restoring(_ name: String, from past: [UInt8], into content: [UInt8]?)
        -> [UInt8]?
    {
        guard let versions = Versions(content, past) else { return nil }
        let (old, new) = (versions.old.entries, versions.new.entries)
        guard let index = new.firstIndex(where: { versions.name($0.id, $0.raw) == name }) else {
            return nil
        }
        var records = old.map(\.raws)
        if let place = versions.old.place(new[index].id) {
            if records[place] == new[index].raws { return content }
            records[place] = new[index].raws
        } else {
            let before = new[..<index].last { versions.old.place($0.id) != nil }
            let place = before.flatMap { versions.old.place($0.id) }.map { $0 + 1 } ?? 0
            records.insert(new[index].raws, at: place)
        }
        return versions.rendered(records.flatMap { $0 })
    }

    /// Two versions whose records are numbered alike.
    private struct Versions {
        private var table: RecordTable
        private let names: [ArraySlice<UInt8>]
        let reader: RecordReader
        private let identity: RecordIdentity
        private let shape: RecordShape
        private let files: [RecordFile]
        /// The records of either file, in its order.
        let numbers: [[Int]]
        /// Whether one of them holds nothing at all.
        private let isBlank: Bool
        let old: RecordVersion
        let new: RecordVersion

        init?(_ old: [UInt8]?, _ new: [UInt8]?) {
            for content in [old, new] where content?.count ?? 0 > Limits.memorySize { return nil }
            let shapes = (RecordShapes(old), RecordShapes(new))
            let common =
                shapes.0.isBlank
                ? shapes.1.shapes.first
                : shapes.1.isBlank
                    ? shapes.0.shapes.first
                    : RecordShapes.common(shapes.0, shapes.0, shapes.1)?.shape
            guard let shape = common else { return nil }
            var table = RecordTable(shape.form)
            let files = [old, new].map { content in
                RecordFile.isBlank(content) ? RecordFile() : RecordFile(content ?? [], shape)
            }
            let numbers = files.map { file in file.records.map { table.add($0) } }
            let identity: RecordIdentity =
                shape.hasPlaces
                ? .place : .choose([numbers[0], numbers[0], numbers[1]], &table, isMerge: false)
            var reader = RecordReader(identity: identity, isEvent: false)
            let none = VersionStamp(milliseconds: 0, device: "", commit: .zero, blob: nil)
            self.old = reader.version(numbers[0], none, &table)
            self.new = reader.version(numbers[1], none, &table)
            (names, self.reader) = (reader.names, reader)
            (self.shape, self.files, self.numbers) = (shape, files, numbers)
            isBlank = shapes.0.isBlank || shapes.1.isBlank
            self.table = table
            self.identity = identity
        }

        /// The older file with other records; what it has no manner for is as in the newer one.
        func rendered(_ raws: [Int]) -> [UInt8] {
            let (own, other) = (files[0].style, files[1].style)
            let style = RecordFile.Style(
                prefix: own.prefix ?? other.prefix, open: own.open ?? other.open,
                separator: own.separator ?? other.separator, close: own.close ?? other.close,
                suffix: own.suffix ?? other.suffix)
            return RecordFile.rendered(
                raws.map { table.bytes($0) }, shape, style, shell: files[0].shell ?? files[1].shell)
        }

        /// What one identity has in either version; nil where it is not there.
        typealias Group = (id: Int, old: [Int]?, new: [Int]?)

        /// The identities whose records differ.
        mutating func groups() -> [Group] {
            var groups: [Group] = []
            for entry in old.entries {
                let now = new[entry.id]
                if let now, means(entry.raws, now.raws) { continue }
                groups.append((entry.id, entry.raws, now?.raws))
            }
            for entry in new.entries where old.place(entry.id) == nil {
                groups.append((entry.id, nil, entry.raws))
            }
            return groups
        }

        /// The records of an identity that differ, one by one.
        mutating func parts(of group: Group) -> [Group] {
            let gone = rest(of: group.old ?? [], without: group.new ?? [])
            let come = rest(of: group.new ?? [], without: group.old ?? [])
            return (0..<max(gone.count, come.count)).map { index in
                (
                    group.id, index < gone.count ? [gone[index]] : nil,
                    index < come.count ? [come[index]] : nil
                )
            }
        }

        private mutating func rest(of raws: [Int], without others: [Int]) -> [Int] {
            var counts: [[UInt8]: Int] = [:]
            for other in others { counts[table.canonical(other), default: 0] += 1 }
            var rest: [Int] = []
            for raw in raws {
                let count = counts[table.canonical(raw)] ?? 0
                if count > 0 { counts[table.canonical(raw)] = count - 1 } else { rest.append(raw) }
            }
            return rest
        }

        /// Whether nothing differs but some records: all that both have stand in the same order,
        /// and what is around them means the same.
        mutating func areAll(_ parts: [Group]) -> Bool {
            let common = Set(numbers[0]).intersection(numbers[1])
            // What only one version has in these bytes, the other may have in others.
            var meanings = ByteInterner()
            var orders: [[Int]] = []
            for (raws, side) in [(numbers[0], parts.map(\.old)), (numbers[1], parts.map(\.new))] {
                var changed: [Int: Int] = [:]
                for (index, raw) in side.enumerated() { changed[raw?.first ?? -1] = index }
                var order: [Int] = []
                for raw in raws {
                    if let index = changed[raw] {
                        let isBoth = parts[index].old != nil && parts[index].new != nil
                        if isBoth { order.append(Int.min + index) }
                    } else if common.contains(raw) {
                        order.append(raw)
                    } else {
                        order.append(-1 - meanings.number(table.canonical(raw)[...]))
                    }
                }
                orders.append(order)
            }
            return orders[0] == orders[1] && hasSameShell
        }

        /// Of a file that came or went its records say enough.
        private var hasSameShell: Bool {
            let shells = files.map(\.shell)
            if shells[0] == shells[1] || isBlank { return true }
            let meanings = shells.map { $0.flatMap { JSONText($0)?.root.canonical } }
            return meanings[0] == meanings[1]
        }

        mutating func means(_ left: [Int], _ right: [Int]) -> Bool {
            guard left.count == right.count else { return false }
            for (one, two) in zip(left, right) where !table.means(one, two) { return false }
            return true
        }

        func change(_ group: Group) -> Change {
            let shown = (group.new ?? group.old)?.first ?? 0
            return Change(
                name: name(group.id, shown), before: group.old.map(bytes),
                after: group.new.map(bytes), text: text(shown),
                textBefore: group.old?.first.map(text),
                fields: fields(group.old?.first, group.new?.first))
        }

        /// Which fields of a record differ: in the newer version's order, then those that went.
        private func fields(_ old: Int?, _ new: Int?) -> [String] {
            guard let old = old.flatMap(table.value), let new = new.flatMap(table.value),
                old.kind == .object, new.kind == .object
            else { return [] }
            let (before, after) = (old.dictionary, new.dictionary)
            let names =
                new.members.map(\.key.string).filter {
                    before[$0]?.canonical != after[$0]?.canonical
                } + old.members.map(\.key.string).filter { after[$0] == nil }
            return names.map { String(decoding: $0.prefix(64), as: UTF8.self) }
        }

        func bytes(_ raws: [Int]) -> [UInt8] {
            Array(raws.map { Array(table.bytes($0)) }.joined(separator: [0x0a]))
        }

        /// The identity without what only tells identities apart.
        func name(_ id: Int, _ raw: Int) -> String {
            if RecordReader.isCounted(names[id]) { return text(raw) }
            if case .key(let key) = identity,
                let value = table.value(raw)?.dictionary[RecordFields.identities[key]]
            {
                let bytes = value.kind == .string ? value.string[...] : value.source
                return String(decoding: bytes.prefix(64), as: UTF8.self)
            }
            let bytes = names[id].dropFirst().filter { $0 < 0xfe && $0 != 0x22 }.prefix(64)
            return String(decoding: bytes, as: UTF8.self)
        }

        func text(_ raw: Int) -> String {
            guard let fields = table.value(raw)?.dictionary else {
                return Self.line(table.bytes(raw))
            }
            for name in RecordFields.texts {
                if let value = fields[name], value.kind == .string {
                    return Self.line(value.string[...])
                }
            }
            return Self.line(table.bytes(raw))
        }

        private static func line(_ bytes: ArraySlice<UInt8>) -> String {
            let text = String(decoding: bytes.prefix(400), as: UTF8.self)
            let words = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            return words.count > 80 ? words.prefix(79) + "…" : words
        }
    }
}

extension FileType {
    /// Whether files of the type are records.
    package var hasRecords: Bool { [.memory, .conversation, .event].contains(self) }
}
