/// What a server's answer begins with.
package struct HTTPHead: Sendable, Equatable {
    /// The status code.
    package var status = 0
    /// By name in lower case; of a repeated one the last.
    package var headers: [String: String] = [:]
    /// Where a redirect leads, in full; nil when the answer is none.
    package var redirect: String?
    /// The beginning of a body that came with another status than 200 to 299, or of another
    /// type.
    package var complaint: [UInt8] = []

    /// Nothing yet.
    package init() {}

    /// Takes a line of the head: the status line, which begins anew, or a field.
    package mutating func take(_ line: String) {
        if line.hasPrefix("HTTP/") {
            // An answer before the last, such as a proxy's, counts for nothing.
            self = HTTPHead()
        } else if let colon = line.firstIndex(of: ":") {
            let blanks: Set<Character> = [" ", "\t", "\r", "\n", "\r\n"]
            let value = line[line.index(after: colon)...].drop { blanks.contains($0) }
            let end = value.lastIndex { !blanks.contains($0) }
            headers[line[..<colon].lowercased()] = end.map { String(value[...$0]) } ?? ""
        }
    }

    /// The body's type, without parameters.
    package var type: String {
        let value = headers["content-type"] ?? ""
        return value.prefix { $0 != ";" && $0 != " " }.lowercased()
    }
}
