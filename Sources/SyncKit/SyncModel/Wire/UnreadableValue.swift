/// Why a value of a request is none: what is expected in its place, in words for whoever wrote it.
package struct UnreadableValue: Error, Sendable {
    /// Goes behind "has to be": `a path of the repository`.
    package let expected: String

    package init(_ expected: String) { self.expected = expected }
}

extension DecodingError {
    /// The error of a value that is none.
    package static func unreadable(_ expected: String, at path: [any CodingKey]) -> DecodingError {
        .dataCorrupted(
            .init(
                codingPath: path, debugDescription: "expected \(expected)",
                underlyingError: UnreadableValue(expected)))
    }
}

/// A value of which there are only some, each a word in JSON.
package protocol WordInJSON: RawRepresentable<String>, Codable, CaseIterable {}

extension WordInJSON {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let value = Self(rawValue: try container.decode(String.self)) else {
            let all = Self.allCases.map(\.rawValue).joined(separator: ", ")
            throw DecodingError.unreadable("one of \(all)", at: container.codingPath)
        }
        self = value
    }
}
