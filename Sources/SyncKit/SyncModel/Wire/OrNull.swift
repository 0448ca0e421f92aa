/// A value that is written as null where there is none: who reads the interface's JSON finds each
/// key of an object always. Reading takes both, no key and null.
@propertyWrapper
package struct OrNull<Value: Sendable & Codable & Equatable>: Sendable, Equatable {
    /// The value; nil is null.
    package var wrappedValue: Value?

    package init(wrappedValue: Value?) { self.wrappedValue = wrappedValue }
}

extension OrNull: Hashable where Value: Hashable {}

extension OrNull: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        wrappedValue = container.decodeNil() ? nil : try container.decode(Value.self)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if let wrappedValue {
            try container.encode(wrappedValue)
        } else {
            try container.encodeNil()
        }
    }
}

extension KeyedDecodingContainer {
    /// What the compiler's own code asks for in a type that has such a property.
    package func decode<Value>(_ type: OrNull<Value>.Type, forKey key: Key) throws
        -> OrNull<Value>
    {
        OrNull(wrappedValue: try decodeIfPresent(Value.self, forKey: key))
    }
}
