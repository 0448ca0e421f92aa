/// Writes an object or an array as its newest version has it, with some values other than there,
/// some taken out and some added: all white space that is not about those stays.
struct SplicedContainer {
    private let isObject: Bool
    /// The newest version's bytes.
    private let source: [UInt8]
    /// Of the newest version: where each member or element stands.
    private let ranges: [Range<Int>]
    /// Of the newest version's members: the number by name, and where the value begins.
    private var places: [[UInt8]: (number: Int, value: Int)] = [:]
    /// How any version writes a name.
    private var names: [[UInt8]: [UInt8]] = [:]
    private var open: [UInt8] = []
    private var colon: [UInt8] = [0x3a, 0x20]
    private var separator: [UInt8] = [0x2c, 0x20]
    private var close: [UInt8] = []
    private var items: [UInt8] = []
    private var isEmpty = true

    /// - Parameter models: all objects or all arrays, newest first; at least one. The first that
    ///   has something in it gives the manner of what is added.
    init(_ models: [JSONValue]) {
        isObject = models[0].kind == .object
        source = models[0].text.bytes
        ranges = Self.items(models[0])
        for (number, member) in models[0].members.enumerated() {
            places[member.key.string] = (number, member.value.range.lowerBound)
        }
        for model in models.reversed() {
            for (key, _) in model.members { names[key.string] = Array(key.source) }
        }
        let lists = models.map { ($0, Self.items($0)) }.filter { !$0.1.isEmpty }
        guard let (model, list) = lists.first(where: { $0.1.count > 1 }) ?? lists.first else {
            return
        }
        let bytes = model.text.bytes
        open = Array(bytes[(model.range.lowerBound + 1)..<list[0].lowerBound])
        close = Array(bytes[list[list.count - 1].upperBound..<(model.range.upperBound - 1)])
        if let (key, value) = model.members.first {
            colon = Array(bytes[key.range.upperBound..<value.range.lowerBound])
        }
        if list.count > 1 {
            separator = Array(bytes[list[0].upperBound..<list[1].lowerBound])
        } else if open.contains(0x0a) {
            separator = [0x2c] + open
        } else if isObject {
            // As much white space as stands after the colon.
            separator = [0x2c] + colon.drop { $0 != 0x3a }.dropFirst()
        }
        if let last = ranges.last {
            open = Array(source[(models[0].range.lowerBound + 1)..<ranges[0].lowerBound])
            close = Array(source[last.upperBound..<(models[0].range.upperBound - 1)])
        }
    }

    private static func items(_ value: JSONValue) -> [Range<Int>] {
        value.kind == .object
            ? value.members.map { $0.key.range.lowerBound..<$0.value.range.upperBound }
            : value.elements.map(\.range)
    }

    /// Puts what parts an item from the one before.
    private mutating func part(_ place: Int?) {
        if isEmpty {
            items += open
        } else if let place, place > 0 {
            items += source[ranges[place - 1].upperBound..<ranges[place].lowerBound]
        } else {
            items += separator
        }
        isEmpty = false
    }

    /// Appends an element.
    /// - Parameter place: its number in the newest version; nil for one that is not there.
    mutating func append(place: Int?, _ element: [UInt8]) {
        part(place)
        items += element
    }

    /// Appends a member.
    mutating func append(member name: [UInt8], _ value: [UInt8]) {
        let place = places[name]
        part(place?.number)
        if let place {
            items += source[ranges[place.number].lowerBound..<place.value]
        } else {
            items += (names[name] ?? []) + colon
        }
        items += value
    }

    /// The container's bytes.
    var bytes: [UInt8] {
        let brackets: [UInt8] = isObject ? [0x7b, 0x7d] : [0x5b, 0x5d]
        return [brackets[0]] + (isEmpty ? [] : items + close) + [brackets[1]]
    }
}
