internal import TOMLKit

/// A TOML document as values.
indirect enum TOMLNode: Equatable {
    case string(String)
    case integer(Int)
    case flag(Bool)
    case array([TOMLNode])
    case table([String: TOMLNode])
    /// What no key of ours takes: the type's name.
    case other(String)

    /// A syntax error.
    struct Failure: Error {
        let line: Int
        let column: Int
        let message: String
    }

    /// Parses a document; the result is a table.
    init(parsing text: String) throws(Failure) {
        do {
            let table = try TOMLTable(string: text)
            self = withExtendedLifetime(table) { Self(table) }
        } catch let error as TOMLParseError {
            throw Failure(
                line: error.source.begin.line, column: error.source.begin.column,
                message: error.description)
        } catch {
            throw Failure(line: 1, column: 1, message: "\(error)")
        }
    }

    private init(_ table: TOMLTable) {
        var nodes: [String: TOMLNode] = [:]
        for key in table.keys {
            if let value = table[key] { nodes[key] = Self(value) }
        }
        self = .table(nodes)
    }

    private init(_ value: any TOMLValueConvertible) {
        if let text = value.string {
            self = .string(text)
        } else if let number = value.int {
            self = .integer(number)
        } else if let flag = value.bool {
            self = .flag(flag)
        } else if let table = value.table {
            self = Self(table)
        } else if let array = value.array {
            self = .array(array.map { Self($0) })
        } else {
            switch value.type {
            case .double: self = .other("a number")
            case .date, .time, .dateTime: self = .other("a date or time")
            default: self = .other("something else")
            }
        }
    }

    /// The type's name, for messages.
    var typeName: String {
        switch self {
        case .string: "a string"
        case .integer: "an integer"
        case .flag: "a boolean"
        case .array: "an array"
        case .table: "a table"
        case .other(let name): name
        }
    }
}
