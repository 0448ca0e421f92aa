internal import HTTPTypes
internal import Hummingbird
internal import SyncEngine
internal import SyncModel

/// Where the vault stands, and what makes it move.
extension SyncRoutes {
    @Sendable func health(_: Request, _ context: SyncContext) async throws -> Response {
        let trouble =
            pulse.hang().map(HealthAnswer.Fault.hang)
            ?? service.board.warning(of: .stateFile).map(HealthAnswer.Fault.state)
        let health = HealthAnswer(
            picture, trouble: trouble, instance: instance,
            configuration: context.caller.scope.map { _ in file })
        return try JSONAnswer.of(health, health.status == .ok ? .ok : .serviceUnavailable)
    }

    @Sendable func status(_: Request, _: SyncContext) async throws -> Response {
        try JSONAnswer.of(picture)
    }

    private var picture: VaultStatus { service.board.status.served }

    private struct Started: Codable { let id: String }

    @Sendable func trigger(_: Request, _: SyncContext) async throws -> Response {
        await service.trigger()
        let id = String(UInt64.random(in: .min ... .max), radix: 16)
        return try JSONAnswer.of(Started(id: id), .accepted)
    }

    @Sendable func cycle(_ request: Request, _: SyncContext) async throws -> Response {
        try JSONBody.refuseQuery(request)
        var request = request
        let bytes = try await request.wholeBody(upTo: Limits.requestBytes)
        let asked: CycleRequest =
            bytes.readableBytes > 0 ? try await JSONBody.read(request, .cycle) : CycleRequest()
        if asked.acceptDeletes && asked.restoreDeleted {
            throw HTTPError(
                .badRequest, message: "expected accept_deletes or restore_deleted, not both")
        }
        return try await waiting.one {
            let outcome = await service.sync(asked.request)
            return try JSONAnswer.of(
                CycleReport(outcome, picture, isRefused: await service.isRefused))
        }
    }

    @Sendable func flush(_ request: Request, _: SyncContext) async throws -> Response {
        try await JSONBody.refuseBody(request)
        return try JSONAnswer.of(try await service.barrier())
    }

    @Sendable func quarantined(_ request: Request, _: SyncContext) async throws -> Response {
        let said = request.uri.queryParameters["ignored"] ?? "false"
        guard let ignored = Bool(String(said)) else {
            throw HTTPError(.badRequest, message: "ignored takes true or false")
        }
        return try JSONAnswer.page(
            try await service.quarantined(ignored: ignored).map(QuarantineAnswer.init), request)
    }

    @Sendable func uncommitted(_: Request, _: SyncContext) async throws -> Response {
        try JSONAnswer.of(try await service.uncommitted())
    }

    @Sendable func devices(_: Request, _: SyncContext) async throws -> Response {
        try JSONAnswer.of(await service.devices())
    }

    @Sendable func forget(_: Request, _ context: SyncContext) async throws -> Response {
        try JSONAnswer.of(await service.forget(try context.parameter("name")))
    }

    @Sendable func pause(_ request: Request, _: SyncContext) async throws -> Response {
        try await JSONBody.refuseBody(request)
        return try await setPaused(true)
    }

    @Sendable func resume(_ request: Request, _: SyncContext) async throws -> Response {
        try await JSONBody.refuseBody(request)
        return try await setPaused(false)
    }

    private func setPaused(_ paused: Bool) async throws -> Response {
        try await service.setPaused(paused)
        return try JSONAnswer.of(picture)
    }

    @Sendable func reloading(_ request: Request, _: SyncContext) async throws -> Response {
        try await JSONBody.refuseBody(request)
        return switch await reload() {
        case .unchanged: try JSONAnswer.of(ReloadAnswer(.unchanged))
        case .restarting: try JSONAnswer.of(ReloadAnswer(.restarting), .accepted)
        case .refused(let problems):
            try JSONAnswer.problem(.unprocessableContent, problems, "configuration")
        }
    }
}

extension VaultStatus {
    /// The same as said by a daemon: whoever is asked here runs.
    var served: VaultStatus {
        var status = self
        status.daemon = "running"
        return status
    }
}
