internal import FoundationEssentials
internal import HTTPTypes
internal import Hummingbird
internal import SyncEngine
internal import SyncModel

/// Conflicts and what resolves them, versions brought back, types.
extension SyncRoutes {
    @Sendable func conflicts(_ request: Request, _: SyncContext) async throws -> Response {
        try JSONAnswer.page(try await service.conflicts(), request)
    }

    @Sendable func resolved(_ request: Request, _: SyncContext) async throws -> Response {
        try JSONAnswer.page(try await service.resolvedConflicts(), request)
    }

    @Sendable func conflict(_: Request, _ context: SyncContext) async throws -> Response {
        let id = try context.parameter("id")
        guard let found = try await service.conflicts().first(where: { $0.id == id }) else {
            throw HTTPError(.notFound, message: "there is no open conflict \(id)")
        }
        return try JSONAnswer.of(found)
    }

    @Sendable func resolve(_ request: Request, _ context: SyncContext) async throws
        -> Response
    {
        let id = try context.parameter("id")
        // The vault's own user may give any file that is synced, as without the daemon.
        let most =
            context.caller.identity == .owner
            ? Limits.fileSize / 3 * 4 + Limits.requestBytes : Limits.resolveBytes
        let asked: ResolveRequest = try await JSONBody.read(request, .resolve, upTo: most)
        return try JSONAnswer.of(try await service.change(.resolve(id, asked)))
    }

    @Sendable func restore(_ request: Request, _: SyncContext) async throws -> Response {
        let asked: RestoreRequest = try await JSONBody.read(request, .restore)
        return try JSONAnswer.of(try await service.change(.restore(asked)))
    }

    @Sendable func setType(_ request: Request, _: SyncContext) async throws -> Response {
        let asked: TypeRequest = try await JSONBody.read(request, .type)
        return try JSONAnswer.of(try await service.change(.setType(asked)))
    }

    @Sendable func remote(_: Request, _: SyncContext) async throws -> Response {
        try JSONAnswer.of(try await service.remoteStanding())
    }

    @Sendable func chooseRemote(_ request: Request, _: SyncContext) async throws
        -> Response
    {
        let asked: RemoteRequest = try await JSONBody.read(request, .remote)
        return try JSONAnswer.of(try await service.choose(asked))
    }

    @Sendable func skip(_ request: Request, _: SyncContext) async throws -> Response {
        let asked: SkipRequest = try await JSONBody.read(request, .skip)
        return try JSONAnswer.of(try await service.skip(asked.commit))
    }
}
