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
        let limit = request.uri.queryParameters["limit"].map(String.init)
        let most = try number(limit, "limit", 1...Limits.pageEntries)
        // Each list has a bound of its own: who asks for no page gets all of it.
        return try page(entries, from: start(request), most: most ?? entries.count, request)
    }

    /// Where the page begins that is asked for.
    /// - Throws: 400 for what is no number.
    static func start(_ request: Request) throws -> Int {
        let cursor = request.uri.queryParameters["cursor"].map(String.init)
        return try number(cursor, "cursor", 0...Int.max) ?? 0
    }

    /// The same of a list of which more need not be known than that there is more.
    /// - Parameter most: how many entries the page has.
    static func page(
        _ entries: [some Encodable], from start: Int, most: Int, _ request: Request
    ) throws -> Response {
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
