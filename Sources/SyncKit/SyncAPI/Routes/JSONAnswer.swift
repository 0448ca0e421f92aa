internal import FoundationEssentials
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import SyncModel

/// JSON answers, and problems after RFC 9457.
enum JSONAnswer {
    /// The body of a problem.
    struct Problem: Codable {
        /// Names the failure, for programs: `urn:syncd:problem:moved`.
        let type: String
        let title: String
        let status: Int
        let detail: String
    }

    /// Answers with a value.
    static func of(_ value: some Encodable, _ status: HTTPResponse.Status = .ok) throws -> Response
    {
        var response = try bytes(value, status, "application/json")
        response.headers[.xContentTypeOptions] = "nosniff"
        return response
    }

    /// Answers with a problem.
    /// - Parameters:
    ///   - detail: what is wrong, for a person.
    ///   - name: the last part of its `type`.
    static func problem(_ status: HTTPResponse.Status, _ detail: String, _ name: String) throws
        -> Response
    {
        let problem = Problem(
            type: "urn:syncd:problem:\(name)", title: status.reasonPhrase, status: status.code,
            detail: detail)
        return try bytes(problem, status, "application/problem+json")
    }

    /// One page of a list: `limit` entries from `cursor` on. Where there are more, the header
    /// `Link` says how to get them (RFC 8288).
    static func page(_ entries: [some Encodable], _ request: Request) throws -> Response {
        let query = request.uri.queryParameters
        let limit = try number(query["limit"].map(String.init), "limit", 1...Limits.pageEntries)
        let start = try number(query["cursor"].map(String.init), "cursor", 0...Int.max) ?? 0
        // Each list has a bound of its own: who asks for no page gets all of it.
        let most = limit ?? entries.count
        let page = entries.dropFirst(start).prefix(most)
        var response = try of(Array(page))
        let end = min(start, entries.count) + page.count
        if end < entries.count {
            // The rest of the query as it was sent: what is decoded may hold anything.
            let rest = (request.uri.query ?? "").split(separator: "&")
                .filter { !$0.hasPrefix("cursor=") && !$0.hasPrefix("limit=") }
                .map { "&\($0)" }.joined()
            response.headers[HTTPField.Name("Link")!] =
                "<\(request.uri.path)?cursor=\(end)&limit=\(most)\(rest)>; rel=\"next\""
        }
        return response
    }

    /// A number of a query.
    /// - Throws: 400 for what is none, or out of its range.
    static func number(_ text: String?, _ name: String, _ range: ClosedRange<Int>) throws -> Int? {
        guard let text else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw HTTPError(
                .badRequest,
                message: "\(name) takes a whole number from \(range.lowerBound)"
                    + (range.upperBound == .max ? "" : " to \(range.upperBound)"))
        }
        return number
    }

    private static func bytes(
        _ value: some Encodable, _ status: HTTPResponse.Status, _ type: String
    ) throws -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let data = try encoder.encode(value)
        return Response(
            status: status, headers: [.contentType: type, .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: data)))
    }
}

/// Reads bodies.
enum JSONBody {
    /// Refuses a query where a body says what is asked for: a `dry_run` in it would be passed over.
    /// - Throws: 400.
    static func refuseQuery(_ request: Request) throws(HTTPError) {
        guard let query = request.uri.query, !query.isEmpty else { return }
        throw HTTPError(
            .badRequest, message: "expected no query: what is asked for stands in the body")
    }

    /// Refuses a body where nothing can be asked for: of a `dry_run` in it nothing would come. An
    /// object without keys says nothing.
    /// - Throws: 400; 413 for what is too large.
    static func refuseBody(_ request: Request) async throws {
        try refuseQuery(request)
        let bytes = try await request.body.collect(upTo: Limits.requestBytes)
        let blanks: [UInt8] = [0x09, 0x0a, 0x0d, 0x20]
        let said = bytes.readableBytesView.filter { !blanks.contains($0) }
        if said.isEmpty || said.elementsEqual("{}".utf8) { return }
        throw HTTPError(.badRequest, message: "expected no body: nothing can be asked for here")
    }

    /// A JSON object.
    /// - Throws: 400 for what is none, has a key that is not known, or comes with a query; 413 for
    ///   what is too large, 415 for another type.
    static func read<Body: Decodable>(
        _ request: Request, _ keys: RequestKeys, upTo most: Int = Limits.requestBytes
    ) async throws -> Body {
        try refuseQuery(request)
        let bytes = try await request.body.collect(upTo: most)
        let type = request.headers[.contentType]?.lowercased() ?? "application/json"
        guard type.hasPrefix("application/json") else {
            throw HTTPError(.unsupportedMediaType, message: "expected application/json")
        }
        let data = Data(bytes.readableBytesView)
        do {
            let body = try JSONDecoder().decode(Body.self, from: data)
            let sent = try JSONDecoder().decode(SentKeys.self, from: data)
            guard let unknown = sent.unknown(to: keys) else { return body }
            let known = keys.known.sorted().joined(separator: ", ")
            throw HTTPError(
                .badRequest,
                message: "there is no key '\(SafeText.escaped(unknown))'; there are \(known)")
        } catch let error as DecodingError {
            throw HTTPError(.badRequest, message: BodyMistake(error, isJSON: isObject(data)).words)
        }
    }

    private static func isObject(_ data: Data) -> Bool {
        // What cannot be read is none; why is known already.
        (try? JSONDecoder().decode(SentKeys.self, from: data)) != nil
    }
}

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
