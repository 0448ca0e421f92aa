internal import Hummingbird
internal import SyncEngine
internal import SyncModel

/// The past: looked at, brought back, taken back.
extension SyncRoutes {
    /// Adds the routes of the history.
    func addHistory(to router: Router<BasicRequestContext>) {
        router.post("/api/sync/rollback", use: rollback)
        router.post("/api/sync/undo", use: undo)
    }

    @Sendable private func rollback(_ request: Request, _: BasicRequestContext) async throws
        -> Response
    {
        let asked: RollbackRequest = try await body(of: request)
        return try await changed { try await service.rollback(asked) }
    }

    @Sendable private func undo(_ request: Request, _: BasicRequestContext) async throws
        -> Response
    {
        let asked: UndoRequest = try await body(of: request)
        return try await changed { try await service.undo(asked) }
    }
}
