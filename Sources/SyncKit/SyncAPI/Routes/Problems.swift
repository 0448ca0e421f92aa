internal import FoundationEssentials
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import SyncEngine
internal import SyncHistory
internal import SyncModel

/// What goes wrong, as problems after RFC 9457. The `type` names the failure for programs.
enum Problems {
    /// The answer to a request that failed.
    static func answer(_ error: any Error, _ request: Request, _ endpoints: [Endpoint]) throws
        -> Response
    {
        switch error {
        case let error as Unauthorized:
            var response = try JSONAnswer.problem(.unauthorized, error.words, "unauthorized")
            response.headers[.wwwAuthenticate] = "Bearer realm=\"syncd\""
            return response
        case let error as TooManyFailures:
            var response = try JSONAnswer.problem(
                .tooManyRequests, "too many logins from here failed", "too-many-failures")
            response.headers[.retryAfter] = "\(error.wait.components.seconds + 1)"
            return response
        case let error as HTTPError where error.status == .notFound && error.body == nil:
            return try missing(request, endpoints)
        case let error as HTTPError:
            return try JSONAnswer.problem(error.status, error.body ?? "", name(error.status))
        case is NIOTooManyBytesError:
            return try JSONAnswer.problem(
                .contentTooLarge, "the body is larger than this request may have",
                "content-too-large")
        case let error as RemoteError:
            let name = error.code == .authentication ? "authentication" : "remote"
            return try JSONAnswer.problem(.badGateway, SyncFailure(error).text, name)
        case let error as ChangeRefusal: return try refused(error)
        case let error as Revision.Unknown:
            return try JSONAnswer.problem(.notFound, error.description, "not-found")
        case let error as RepositoryError where [.thinned, .leftOut].contains(error.code):
            return try JSONAnswer.problem(.notFound, SyncFailure(error).text, "not-found")
        default:
            return try JSONAnswer.problem(.internalServerError, "\(error)", "internal")
        }
    }

    private static func refused(_ error: ChangeRefusal) throws -> Response {
        switch error.code {
        case .missing: try JSONAnswer.problem(.notFound, error.description, "not-found")
        case .wrong: try JSONAnswer.problem(.badRequest, error.description, "bad-request")
        case .held: try JSONAnswer.problem(.forbidden, error.description, "held")
        case .moved: try JSONAnswer.problem(.conflict, error.description, "moved")
        }
    }

    /// No route of the method: perhaps there is one of another.
    private static func missing(_ request: Request, _ endpoints: [Endpoint]) throws -> Response {
        let target = request.uri.path
        let methods = endpoints.filter { $0.matches(target) }.map(\.method).flatMap {
            // What can be read is served without its body, too.
            $0 == .get ? [$0.rawValue, "HEAD"] : [$0.rawValue]
        }
        if methods.isEmpty {
            return try JSONAnswer.problem(
                .notFound, "there is no \(request.method.rawValue) \(target)", "not-found")
        }
        var response = try JSONAnswer.problem(
            .methodNotAllowed, "\(target) takes \(methods.joined(separator: ", "))",
            "method-not-allowed")
        response.headers[.allow] = methods.joined(separator: ", ")
        return response
    }

    private static func name(_ status: HTTPResponse.Status) -> String {
        status.reasonPhrase.lowercased().replacing(" ", with: "-")
    }
}
