internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import SyncModel
internal import Synchronization

/// Answers a change that comes again with the same `Idempotency-Key` as it was answered first.
struct RepeatMiddleware: RouterMiddleware {
    let answers: RepeatedAnswers
    let endpoints: [Endpoint]

    @concurrent func handle(
        _ request: Request, context: SyncContext,
        next: @concurrent (Request, SyncContext) async throws -> Response
    ) async throws -> Response {
        // Of deliveries, which anybody may send, the store tells which came before.
        guard let name = request.headers[.idempotencyKey],
            endpoints.contains(where: { $0.access != .anybody && $0.isChange(request) })
        else { return try await next(request, context) }
        guard (1...Limits.idempotencyKeyBytes).contains(name.utf8.count) else {
            throw HTTPError(
                .badRequest,
                message: "an Idempotency-Key has 1 to \(Limits.idempotencyKeyBytes) bytes")
        }
        var request = request
        let body = try await request.wholeBody(upTo: Limits.resolveBytes)
        let place = "\(request.method.rawValue) \(request.uri.path)?\(request.uri.query ?? "")"
        let hash = SHA256Digest.of(Array(place.utf8) + [0] + Array(body.readableBytesView))
        let key = "\(context.caller.name) \(name)"
        switch answers.begin(key, hash) {
        case .first: break
        case .underWay:
            throw HTTPError(.conflict, message: "the request with this key is under way")
        case .other:
            throw HTTPError(
                .unprocessableContent, message: "this key was used for another request")
        case .again(let response): return response
        }
        do {
            let response = try await next(request, context)
            // What failed may be tried again, be it thrown or answered.
            answers.end(key, response.status.code < 400 ? response : nil)
            return response
        } catch {
            answers.end(key, nil)
            throw error
        }
    }
}

/// The newest answers to changes that named a key. A restart forgets them.
final class RepeatedAnswers: Sendable {
    enum Found: Sendable {
        case first, underWay, other
        case again(Response)
    }

    private struct Entry {
        let hash: [UInt8]
        var response: Response?
    }

    private let state = Mutex<(entries: [String: Entry], order: [String])>(([:], []))

    /// Begins a request, unless it was made before.
    func begin(_ key: String, _ hash: [UInt8]) -> Found {
        state.withLock { state in
            if let entry = state.entries[key] {
                if entry.hash != hash { return .other }
                return entry.response.map { .again($0) } ?? .underWay
            }
            state.entries[key] = Entry(hash: hash, response: nil)
            state.order.append(key)
            if state.order.count > Limits.repeatableAnswers {
                state.entries[state.order.removeFirst()] = nil
            }
            return .first
        }
    }

    /// Notes an answer; nil forgets the request.
    func end(_ key: String, _ response: Response?) {
        state.withLock { state in
            if response == nil {
                state.entries[key] = nil
                state.order.removeAll { $0 == key }
            } else {
                state.entries[key]?.response = response
            }
        }
    }
}

extension HTTPField.Name {
    static let idempotencyKey = HTTPField.Name("Idempotency-Key")!
}
