/// Writes an object in the manner of a model: its white space and separators.
struct JSONObjectWriter {
    private var open: [UInt8] = []
    private var colon: [UInt8] = [0x3a, 0x20]
    private var separator: [UInt8] = [0x2c, 0x20]
    private var close: [UInt8] = []
    private var members: [UInt8] = []

    /// - Parameter models: objects; the first that has members gives the manner.
    init(models: [JSONValue]) {
        guard let model = models.first(where: { !$0.members.isEmpty }) else { return }
        let bytes = model.text.bytes
        let members = model.members
        open = Array(bytes[(model.range.lowerBound + 1)..<members[0].key.range.lowerBound])
        colon = Array(
            bytes[members[0].key.range.upperBound..<members[0].value.range.lowerBound])
        close = Array(
            bytes[members[members.count - 1].value.range.upperBound..<(model.range.upperBound - 1)])
        if members.count > 1 {
            separator = Array(
                bytes[members[0].value.range.upperBound..<members[1].key.range.lowerBound])
        } else {
            // As much white space as stands after the colon.
            let blank = Array(colon.drop { $0 != 0x3a }.dropFirst())
            separator = [0x2c] + (open.contains(0x0a) ? open : blank)
        }
    }

    mutating func append(_ key: JSONValue, _ value: [UInt8]) {
        if !members.isEmpty { members += separator }
        members += key.source + colon + value
    }

    var bytes: [UInt8] {
        members.isEmpty ? [0x7b, 0x7d] : [0x7b] + open + members + close + [0x7d]
    }
}

/// Writes an array in the manner of a model.
struct JSONArrayWriter {
    private var open: [UInt8] = []
    private var separator: [UInt8] = [0x2c, 0x20]
    private var close: [UInt8] = []
    private var elements: [UInt8] = []

    /// - Parameter models: arrays; the first with the most telling number of elements, two or
    ///   else one, gives the manner.
    init(models: [JSONValue]) {
        let lists = models.map { ($0, $0.elements) }
        guard
            let (model, list) = lists.first(where: { $0.1.count > 1 })
                ?? lists.first(where: { $0.1.count == 1 })
        else { return }
        let bytes = model.text.bytes
        open = Array(bytes[(model.range.lowerBound + 1)..<list[0].range.lowerBound])
        close = Array(bytes[list[list.count - 1].range.upperBound..<(model.range.upperBound - 1)])
        if list.count > 1 {
            separator = Array(bytes[list[0].range.upperBound..<list[1].range.lowerBound])
        } else if open.contains(0x0a) {
            separator = [0x2c] + open
        }
    }

    mutating func append(_ element: [UInt8]) {
        if !elements.isEmpty { elements += separator }
        elements += element
    }

    var bytes: [UInt8] {
        elements.isEmpty ? [0x5b, 0x5d] : [0x5b] + open + elements + close + [0x5d]
    }
}
