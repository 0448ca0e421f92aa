/// The names that have a meaning of their own in records.
enum RecordFields {
    /// What identifies a record, the best first.
    static let identities: [[UInt8]] = [
        "id", "uuid", "_id", "memory_id", "event_id", "hash",
    ].map { Array($0.utf8) }

    /// What says of which type a record is.
    static let type = Array("type".utf8)

    /// What dates a record, the best first.
    static let times: [[UInt8]] = [
        "timestamp", "created_at", "createdAt", "created", "date", "time", "ts", "updated_at",
        "updatedAt",
    ].map { Array($0.utf8) }

    /// What numbers a record within one instant, the best first.
    static let sequences: [[UInt8]] = ["sequence", "seq", "index", "turn"].map { Array($0.utf8) }

    /// What a short name says of the record that has it.
    enum Role {
        /// An index into `identities`.
        case identity(Int)
        /// An index into `times`.
        case time(Int)
        case sequence
    }

    private static let roles: [[(name: [UInt8], role: Role)]] = {
        var byLength: [[(name: [UInt8], role: Role)]] = Array(repeating: [], count: 11)
        func put(_ names: [[UInt8]], _ role: (Int) -> Role) {
            for (index, name) in names.enumerated() {
                byLength[name.count].append((name, role(index)))
            }
        }
        put(identities) { .identity($0) }
        put(times) { .time($0) }
        put(sequences) { _ in .sequence }
        return byLength
    }()

    /// What a name, of a key as it is written, says; nil for most.
    static func role(of name: ArraySlice<UInt8>) -> Role? {
        guard name.count < roles.count else { return nil }
        for candidate in roles[name.count] where name.elementsEqual(candidate.name) {
            return candidate.role
        }
        return nil
    }

    /// A text and what is computed from it: they change together.
    static let body: Set<[UInt8]> = set("memory", "text", "content", "data", "hash", "embedding")

    /// What a record says to people, the best first.
    static let texts: [[UInt8]] = [
        "memory", "text", "content", "fact", "summary", "title", "name", "data",
    ].map { Array($0.utf8) }

    /// What marks a record as deleted: decided together.
    static let tombstone: Set<[UInt8]> = set(
        "is_deleted", "isDeleted", "deleted", "deleted_at", "deletedAt")

    /// Of two changed instants the earlier counts.
    static let created: Set<[UInt8]> = set("created_at", "createdAt", "created")

    /// Of two changed instants the later counts.
    static let updated: Set<[UInt8]> = set(
        "updated_at", "updatedAt", "updated", "modified_at", "modifiedAt")

    private static func set(_ names: String...) -> Set<[UInt8]> {
        Set(names.map { Array($0.utf8) })
    }

    /// Whether a record says of itself that it was deleted.
    static func isTombstone(_ members: [[UInt8]: JSONValue]) -> Bool {
        tombstone.contains { name in
            switch members[name]?.kind {
            case nil, .null, .false: false
            case .number: members[name]?.canonical != [0x30]
            case .string: members[name]?.range.count != 2
            default: true
            }
        }
    }
}

/// What merging needs to know of a record's value, read once.
struct RecordInfo: Sendable {
    /// Whether it is an object.
    var isObject = false
    /// Whether it is an object without duplicate keys: only such are merged field by field.
    var isPlain = false
    /// The identity keys that it has: a bit for each index into `RecordFields.identities`.
    private(set) var identityKeys: UInt8 = 0
    /// What its identity keys hold, canonical, by index into `RecordFields.identities`.
    private var identities: [(key: Int, value: [UInt8])] = []
    /// What its time keys hold, by index into `RecordFields.times`, the best first.
    private var times: [(key: Int, value: Instant)] = []
    /// What its first sequence key holds, where that is a whole number.
    var sequence: Int64?

    /// An opaque record.
    init() {}

    /// Reads a value's members.
    init(_ value: JSONValue) {
        guard value.kind == .object else { return }
        isObject = true
        isPlain = !value.hasDuplicateKeys
        let nodes = value.text.nodes
        var at = value.index + 1
        while at < Int(value.node.next) {
            let key = nodes[at]
            let held = nodes[at + 1]
            if held.kind == .string || held.kind == .number, key.end - key.start <= 12 {
                note(value.text, key: at)
            }
            at = Int(held.next)
        }
        times.sort { $0.key < $1.key }
    }

    private mutating func note(_ text: JSONText, key: Int) {
        let node = text.nodes[key]
        let name = text.bytes[Int(node.start + 1)..<Int(node.end - 1)]
        let value = JSONValue(text: text, index: key + 1)
        switch RecordFields.role(of: name) {
        case .identity(let index):
            identityKeys |= 1 << index
            identities.append((index, value.canonical))
        case .time(let index):
            if let instant = Instant(value) { times.append((index, instant)) }
        case .sequence where sequence == nil:
            sequence = value.kind == .number ? Int64(text: value.source) : nil
        case .sequence, nil: break
        }
    }

    /// What an identity key holds.
    func identity(_ key: Int) -> [UInt8]? {
        identities.first { $0.key == key }?.value
    }

    /// What a time key holds.
    func time(_ key: Int) -> Instant? {
        times.first { $0.key == key }?.value
    }

    /// The record's date: its first time key's.
    var date: Instant? { times.first?.value }
}

extension Int64 {
    /// Reads a whole number in decimal digits.
    fileprivate init?(text: ArraySlice<UInt8>) {
        self.init(String(decoding: text, as: UTF8.self))
    }
}

extension JSONValue {
    /// Whether an object has a key twice, by meaning.
    var hasDuplicateKeys: Bool {
        guard kind == .object else { return false }
        var keys: [Range<Int>] = []
        var at = index + 1
        let last = Int(node.next)
        while at < last {
            keys.append(Int(text.nodes[at].start)..<Int(text.nodes[at].end))
            at = Int(text.nodes[at + 1].next)
        }
        guard keys.count > 1 else { return false }
        // An escape may spell a key in another way; few keys without one are compared in place.
        let few = keys.count <= 16 ? Self.repeats(keys, in: text.bytes) : nil
        return few ?? (Set(members.map { ByteKey($0.key.string) }).count < keys.count)
    }

    /// Whether two keys are written alike; nil when one has an escape.
    private static func repeats(_ keys: [Range<Int>], in bytes: [UInt8]) -> Bool? {
        bytes.withUnsafeBytes { memory in
            for key in keys where memory[key].contains(0x5c) { return nil }
            for (index, key) in keys.enumerated() {
                for other in keys[..<index] where other.count == key.count {
                    if memory[other].elementsEqual(memory[key]) { return true }
                }
            }
            return false
        }
    }

    /// The members by the keys' code points; of duplicates the last.
    var dictionary: [[UInt8]: JSONValue] {
        var result: [[UInt8]: JSONValue] = [:]
        for (key, value) in members { result[key.string] = value }
        return result
    }
}
