internal import SyncModel

/// What makes two records of two versions the same record.
enum RecordIdentity: Equatable {
    /// The key of a map, or the one record of a file.
    case place
    /// An index into `RecordFields.identities`.
    case key(Int)
    /// By record of the table: its type and what identifies it among those of its type; nil for
    /// one that is known by its content.
    case typed([[UInt8]?])
    /// Meaning: equal records are counted.
    case content

    /// Chooses what identifies the records of a file.
    ///
    /// The first key that every object of the base has and that is unique in each version;
    /// failing that, what identifies the records of each type (`typed`); failing that, the first
    /// but `hash` that every object of the base has (its duplicates then make groups, which are
    /// merged whole), since version 9 of the rules if it tells most of them apart: what many share
    /// is whose they are; failing that, the first but `hash` that most of them have and that is
    /// unique, since version 9 of the rules; failing that, content. An object without the key is
    /// known by its content, and changes nothing for the others: were all versions asked, what one
    /// more version adds would decide how the others are merged. Where the base has no objects, a
    /// key that any object has will do: what a merge gives has the same ones.
    /// - Parameters:
    ///   - versions: the base's records, then the sides'.
    ///   - version: of the rules.
    ///   - isMerge: whether anything could be lost in a group.
    static func choose(
        _ versions: [[Int]], _ table: inout RecordTable,
        version: Int = MergeIdentity.version, isMerge: Bool = true
    ) -> RecordIdentity {
        let shared = sharedKeys(versions, table)
        let candidates = RecordFields.identities.indices.filter { shared & (1 << $0) != 0 }
        func isUnique(_ key: Int) -> Bool {
            Self.isUnique(versions, &table) { $0.infos[$1].identity(key) }
        }
        if let key = candidates.first(where: isUnique) { return .key(key) }
        if version >= 2, let typed = typed(versions, &table) { return typed }
        let last = RecordFields.identities.count - 1
        func tellsMostApart(_ key: Int) -> Bool {
            let ids = versions[0].compactMap { table.infos[$0].identity(key) }
            let apart = Set(ids).count
            if version < 9 { return true }
            // One record, or none, tells nothing of the key.
            return isMerge ? apart > 1 && 2 * apart > ids.count : 2 * apart >= ids.count
        }
        if let key = candidates.first(where: { $0 != last && tellsMostApart($0) }) {
            return .key(key)
        }
        if version < 9 { return .content }
        let most = (0..<last).first { isHeldByMost($0, of: versions[0], table) && isUnique($0) }
        return most.map { .key($0) } ?? .content
    }

    /// The key that names events, an index into `RecordFields.identities`: of those that all
    /// objects have the one that tells the most of them apart; without such the one that most
    /// objects have and that tells most of these apart; nil for none.
    /// - Parameter raws: the base's records; where that has none, the sides'.
    static func ofEvents(_ raws: [Int], _ table: RecordTable) -> Int? {
        let objects = raws.map { table.infos[$0] }.filter(\.isObject)
        if objects.isEmpty { return nil }
        func distinct(_ key: Int) -> Int { Set(objects.compactMap { $0.identity(key) }).count }
        let keys = RecordFields.identities.indices.dropLast()
        let held = keys.map { key in objects.count { $0.identityKeys & (1 << key) != 0 } }
        let whole = keys.filter { held[$0] == objects.count }
        if whole.count > 1 {
            let counts = whole.map(distinct)
            return counts.max().flatMap(counts.firstIndex).map { whole[$0] }
        }
        return whole.first
            ?? keys.first { 2 * held[$0] > objects.count && 2 * distinct($0) >= held[$0] }
    }

    /// The identity keys that all objects of the base have; without such, that any object has.
    private static func sharedKeys(_ versions: [[Int]], _ table: RecordTable) -> UInt8 {
        let base = versions[0].map { table.infos[$0] }.filter(\.isObject)
        if base.isEmpty {
            return versions.dropFirst().joined().reduce(0) { $0 | table.infos[$1].identityKeys }
        }
        return base.reduce(~0) { $0 & $1.identityKeys }
    }

    /// Whether more than half of some objects have an identity key.
    private static func isHeldByMost(_ key: Int, of raws: [Int], _ table: RecordTable) -> Bool {
        let objects = raws.map { table.infos[$0] }.filter(\.isObject)
        return 2 * objects.count { $0.identityKeys & (1 << key) != 0 } > objects.count
    }

    /// Whether no version has two objects of one identity that mean different things.
    private static func isUnique(
        _ versions: [[Int]], _ table: inout RecordTable, _ name: (RecordTable, Int) -> [UInt8]?
    ) -> Bool {
        var interner = ByteInterner()
        for raws in versions {
            var seen: [Int] = []
            for raw in raws {
                guard let id = name(table, raw) else { continue }
                let number = interner.number(id[...])
                while seen.count <= number { seen.append(-1) }
                let other = seen[number]
                if other >= 0, !table.means(other, raw) { return false }
                seen[number] = raw
            }
        }
        return true
    }

    /// What identifies records of each type, where they have types: an identity key that is unique
    /// within the type, else, as the memory server of MCP writes them, the name of an entity and
    /// the three parts of a relation.
    private static func typed(_ versions: [[Int]], _ table: inout RecordTable) -> RecordIdentity? {
        var fields: [Int: [[UInt8]: JSONValue]] = [:]
        var types: [[UInt8]: [[Int]]] = [:]
        for (number, raws) in versions.enumerated() {
            for raw in raws where table.infos[raw].isObject {
                if fields[raw] == nil { fields[raw] = table.value(raw)?.dictionary ?? [:] }
                guard let type = fields[raw]?[RecordFields.type], type.kind == .string else {
                    continue
                }
                let none = Array(repeating: [Int](), count: versions.count)
                types[type.string, default: none][number].append(raw)
            }
        }
        var keys: [[UInt8]: [[UInt8]]] = [:]
        for (type, raws) in types {
            let model = raws[0].isEmpty ? raws.dropFirst().flatMap { $0 } : raws[0]
            let choices = RecordFields.identities.map { [$0] } + [parts[type]].compactMap { $0 }
            keys[type] = choices.first { names in
                model.allSatisfy { name(fields[$0] ?? [:], names) != nil }
                    && isUnique(raws, &table) { name(fields[$1] ?? [:], names) }
            }
        }
        guard !keys.isEmpty else { return nil }
        // Captured versions may have records that the sides do not.
        return .typed(
            table.infos.indices.map { raw in
                guard table.infos[raw].isObject else { return nil }
                let own = fields[raw] ?? table.value(raw)?.dictionary ?? [:]
                guard let type = own[RecordFields.type], type.kind == .string,
                    let names = keys[type.string], let name = name(own, names)
                else { return nil }
                return type.canonical + name
            })
    }

    private static func name(_ fields: [[UInt8]: JSONValue], _ names: [[UInt8]]) -> [UInt8]? {
        var result: [UInt8] = []
        for name in names {
            guard let value = fields[name], value.kind == .string || value.kind == .number else {
                return nil
            }
            result += value.canonical + [0xfe]
        }
        return result
    }

    private static let parts: [[UInt8]: [[UInt8]]] = [
        Array("entity".utf8): [Array("name".utf8)],
        Array("relation".utf8): ["from", "to", "relationType"].map { Array($0.utf8) },
    ]
}
