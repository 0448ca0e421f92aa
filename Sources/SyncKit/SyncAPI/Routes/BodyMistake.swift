internal import SyncModel

/// What of a body cannot be read: where, and what is expected there. It never repeats what it
/// found, nor what the decoder says of that.
struct BodyMistake {
    /// One line for a person.
    let words: String

    /// - Parameter isJSON: whether the body is an object, whatever it holds: of a number that does
    ///   not fit the decoder does not say where it stands.
    init(_ error: DecodingError, isJSON: Bool) {
        switch error {
        case .keyNotFound(let key, let context):
            words = "\(Self.place(context.codingPath + [key])) is missing"
        case .typeMismatch(let type, let context):
            words = Self.expected(Self.kind(type), context)
        case .valueNotFound(_, let context):
            words = "\(Self.place(context.codingPath)) may not be null"
        case .dataCorrupted(let context) where context.codingPath.isEmpty:
            words =
                isJSON
                ? "a number in the body is not whole, or too large"
                : "the body is no JSON: expected an object"
        case .dataCorrupted(let context):
            let said = context.underlyingError as? UnreadableValue
            words = Self.expected(said?.expected ?? "another value", context)
        @unknown default: words = "the body is not as docs/reference/http.md has it"
        }
    }

    private static func expected(_ what: String, _ context: DecodingError.Context) -> String {
        let place = place(context.codingPath)
        return place.isEmpty ? "expected a JSON object" : "\(place) has to be \(what)"
    }

    /// A key as one reads it: `writes[0].path`.
    private static func place(_ path: [any CodingKey]) -> String {
        path.reduce(into: "") { place, key in
            if let index = key.intValue {
                place += "[\(index)]"
            } else {
                place += (place.isEmpty ? "" : ".") + key.stringValue
            }
        }
    }

    private static func kind(_ type: any Any.Type) -> String {
        switch type {
        case is Bool.Type: "true or false"
        case is String.Type: "a text"
        case is any BinaryInteger.Type: "a whole number"
        case _ where "\(type)".hasPrefix("Array"): "a list"
        default: "an object"
        }
    }
}
