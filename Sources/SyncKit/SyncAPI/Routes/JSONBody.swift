internal import FoundationEssentials
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import SyncMerge
internal import SyncModel

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
        var request = request
        let bytes = try await request.wholeBody(upTo: Limits.requestBytes)
        let blanks: [UInt8] = [0x09, 0x0a, 0x0d, 0x20]
        let said = bytes.readableBytesView.filter { !blanks.contains($0) }
        if said.isEmpty || said.elementsEqual("{}".utf8) { return }
        throw HTTPError(.badRequest, message: "expected no body: nothing can be asked for here")
    }

    /// A JSON object.
    /// - Throws: 400 for what is none, has a key that is not known or stands twice, or comes with a
    ///   query; 413 for what is too large, 415 for another type.
    static func read<Body: Decodable>(
        _ request: Request, _ keys: RequestKeys, upTo most: Int = Limits.requestBytes
    ) async throws -> Body {
        try refuseQuery(request)
        var request = request
        let bytes = try await request.wholeBody(upTo: most)
        let type = request.headers[.contentType]?.lowercased() ?? "application/json"
        guard type.hasPrefix("application/json") else {
            throw HTTPError(.unsupportedMediaType, message: "expected application/json")
        }
        try refuseFaults(Array(bytes.readableBytesView))
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

    /// Refuses what another reader would take for something else.
    private static func refuseFaults(_ bytes: [UInt8]) throws(HTTPError) {
        switch JSONFault(in: bytes) {
        case nil: break
        case .unreadable:
            throw HTTPError(.badRequest, message: "the body is no JSON: expected an object")
        case .twice(let key):
            throw HTTPError(
                .badRequest, message: "the body has '\(SafeText.escaped(key))' twice")
        }
    }
}

extension Request {
    /// The whole body, which may be read again.
    /// - Throws: 400 for one that does not come as its head says; 413 for what is too large.
    mutating func wholeBody(upTo most: Int) async throws -> ByteBuffer {
        // Before any of it is read: whoever waits to be asked for it need not send it.
        if let length = headers[.contentLength].flatMap({ Int($0) }), length > most {
            throw NIOTooManyBytesError(maxBytes: most)
        }
        do { return try await collectBody(upTo: most) } catch let error as NIOTooManyBytesError {
            throw error
        } catch {
            throw HTTPError(.badRequest, message: "the body cannot be read to its end")
        }
    }
}
