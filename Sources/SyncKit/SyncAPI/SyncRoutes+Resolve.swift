internal import FoundationEssentials
internal import HTTPTypes
internal import Hummingbird
internal import SyncEngine
internal import SyncModel

/// Conflicts and what resolves them, versions brought back, types.
extension SyncRoutes {
    @Sendable func conflicts(_: Request, _: BasicRequestContext) async throws -> Response {
        try JSONAnswer.of(try await service.conflicts())
    }

    @Sendable func resolved(_: Request, _: BasicRequestContext) async throws -> Response {
        try JSONAnswer.of(try await service.resolvedConflicts())
    }

    @Sendable func conflict(_: Request, _ context: BasicRequestContext) async throws -> Response {
        let id = try context.parameters.require("id")
        guard let found = try await service.conflicts().first(where: { $0.id == id }) else {
            throw HTTPError(.notFound, message: "there is no open conflict \(id)")
        }
        return try JSONAnswer.of(found)
    }

    @Sendable func resolve(_ request: Request, _ context: BasicRequestContext) async throws
        -> Response
    {
        let id = try context.parameters.require("id")
        let asked: ResolveRequest = try await body(of: request)
        return try await changed { try await service.resolve(id, asked) }
    }

    @Sendable func restore(_ request: Request, _: BasicRequestContext) async throws -> Response {
        let asked: RestoreRequest = try await body(of: request)
        return try await changed { try await service.restore(asked) }
    }

    @Sendable func setType(_ request: Request, _: BasicRequestContext) async throws -> Response {
        let asked: TypeRequest = try await body(of: request)
        return try await changed { try await service.setType(asked) }
    }

    @Sendable func remote(_: Request, _: BasicRequestContext) async throws -> Response {
        do { return try JSONAnswer.of(try await service.remoteStanding()) } catch {
            return try unreachable(error)
        }
    }

    @Sendable func chooseRemote(_ request: Request, _: BasicRequestContext) async throws
        -> Response
    {
        let asked: RemoteRequest = try await body(of: request)
        do { return try await changed { try await service.choose(asked) } } catch {
            return try unreachable(error)
        }
    }

    @Sendable func skip(_ request: Request, _: BasicRequestContext) async throws -> Response {
        let asked: SkipRequest = try await body(of: request)
        do { return try await changed { try await service.skip(asked.commit) } } catch {
            return try unreachable(error)
        }
    }

    /// The remote's own failure, which is not the daemon's.
    private func unreachable(_ error: any Error) throws -> Response {
        guard let error = error as? RemoteError else { throw error }
        return try JSONAnswer.problem(.badGateway, SyncFailure(error).text)
    }

    func body<Body: Decodable>(of request: Request) async throws -> Body {
        let bytes = try await request.body.collect(upTo: Limits.resolveBytes)
        do {
            return try JSONDecoder().decode(Body.self, from: Data(bytes.readableBytesView))
        } catch { throw HTTPError(.badRequest, message: "expected a JSON object: \(error)") }
    }

    func changed<Answer: Encodable>(_ work: () async throws -> Answer) async throws
        -> Response
    {
        do { return try JSONAnswer.of(try await work()) } catch let error as ChangeRefusal {
            let status: HTTPResponse.Status =
                switch error.code {
                case .missing: .notFound
                case .wrong: .badRequest
                case .moved: .conflict
                }
            return try JSONAnswer.problem(status, error.description)
        }
    }
}
