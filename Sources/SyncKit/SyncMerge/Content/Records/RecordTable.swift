/// The distinct records of all versions, each read once, known by number.
struct RecordTable {
    /// How a record's bytes stand in the file.
    enum Form { case value, member, block }

    let form: Form
    private var raws = ByteInterner()
    private(set) var infos: [RecordInfo] = []
    /// Of a map: the key's code points.
    private(set) var keys: [[UInt8]] = []
    private var canonicals: [[UInt8]?] = []

    init(_ form: Form) { self.form = form }

    /// The record's bytes.
    func bytes(_ raw: Int) -> ArraySlice<UInt8> { raws.strings[raw] }

    /// The number of a record with these bytes.
    mutating func add(_ bytes: ArraySlice<UInt8>) -> Int {
        let number = raws.number(bytes)
        guard number == infos.count else { return number }
        let (key, value) = parse(number)
        infos.append(value.map { RecordInfo($0) } ?? RecordInfo())
        keys.append(key ?? [])
        canonicals.append(nil)
        return number
    }

    /// The record as a JSON value; nil when it is opaque.
    func value(_ raw: Int) -> JSONValue? { parse(raw).value }

    /// The type that a record says it is of; nil where it says none.
    func type(_ raw: Int) -> [UInt8]? {
        guard let type = value(raw)?.dictionary[RecordFields.type], type.kind == .string else {
            return nil
        }
        return type.string
    }

    /// The record's meaning; of an opaque one its bytes after a byte that no meaning begins with.
    mutating func canonical(_ raw: Int) -> [UInt8] {
        if let known = canonicals[raw] { return known }
        let meaning = value(raw)?.canonical ?? [0xff] + bytes(raw)
        canonicals[raw] = meaning
        return meaning
    }

    /// Whether both records mean the same.
    mutating func means(_ left: Int, _ right: Int) -> Bool {
        left == right || canonical(left) == canonical(right)
    }

    /// The bytes of a record that holds `value`, in the form and manner of `model`.
    mutating func add(_ value: [UInt8], like model: Int) -> Int {
        switch form {
        case .value: return add(value[...])
        case .member:
            guard let old = self.value(model)?.range.count else { return add(value[...]) }
            return add(bytes(model).dropLast(old) + value)
        case .block:
            guard let object = JSONText(value)?.root else { return model }
            return add(RecordBlocks.block(object, like: bytes(model))[...])
        }
    }

    private func parse(_ raw: Int) -> (key: [UInt8]?, value: JSONValue?) {
        let record = bytes(raw)
        switch form {
        case .value:
            let base = Array(record)
            return (nil, JSONText(base)?.root)
        case .block:
            return (nil, RecordBlocks.json(record).flatMap { JSONText($0)?.root })
        case .member:
            guard let member = JSONText([0x7b] + record + [0x7d])?.root.members.first else {
                return (nil, nil)
            }
            return (member.key.string, member.value)
        }
    }
}
