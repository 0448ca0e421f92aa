internal import FoundationEssentials
internal import HTTPTypes
package import Hummingbird
package import SyncEngine
internal import SyncModel

/// The routes of one vault.
package struct SyncRoutes: Sendable {
    /// What a reload came to.
    package enum Reload: Sendable {
        case unchanged
        /// The vault starts anew with the changed file.
        case restarting
        /// The file's problems; the running configuration stays.
        case refused(String)
    }

    let service: VaultService
    private let file: String
    private let reload: @Sendable () async -> Reload
    let past: HistoryReader
    private let waiting = WaitingRequests()
    private let instance = String(UInt64.random(in: .min ... .max), radix: 16)

    /// - Parameters:
    ///   - service: the vault.
    ///   - file: the configuration file, absolute.
    ///   - reload: reads the configuration again.
    package init(
        _ service: VaultService, file: String, reload: @escaping @Sendable () async -> Reload
    ) {
        self.service = service
        past = HistoryReader(service.configuration)
        self.file = file
        self.reload = reload
    }

    /// All of them, ready to be served.
    package func router() -> Router<BasicRequestContext> {
        let router = Router()
        router.add(middleware: ProblemMiddleware())
        for path in ["/health", "/api/health"] { router.get("\(path)", use: health) }
        for path in ["/status", "/api/sync/status"] { router.get("\(path)", use: status) }
        for path in ["/trigger-sync", "/api/sync/pull", "/api/sync/push"] {
            router.post("\(path)", use: trigger)
        }
        router.post("/api/sync/cycle", use: cycle)
        router.post("/api/sync/flush", use: flush)
        router.get("/api/sync/held", use: quarantined)
        router.get("/api/sync/devices", use: devices)
        router.get("/api/sync/conflicts", use: conflicts)
        router.get("/api/sync/conflicts/:id", use: conflict)
        router.get("/api/sync/settled", use: resolved)
        router.post("/api/sync/conflicts/:id/resolve", use: resolve)
        router.post("/api/sync/restore", use: restore)
        router.post("/api/sync/type", use: setType)
        addHistory(to: router)
        router.get("/api/sync/remote", use: remote)
        router.post("/api/sync/remote", use: chooseRemote)
        router.post("/api/sync/remote/skip", use: skip)
        router.post("/api/sync/pause") { _, _ in try await setPaused(true) }
        router.post("/api/sync/resume") { _, _ in try await setPaused(false) }
        router.post("/api/sync/reload", use: reloading)
        return router
    }

    @Sendable private func health(_: Request, _: BasicRequestContext) throws -> Response {
        let health = HealthAnswer(picture, instance: instance, configuration: file)
        return try JSONAnswer.of(health, health.status == .ok ? .ok : .serviceUnavailable)
    }

    @Sendable private func status(_: Request, _: BasicRequestContext) throws -> Response {
        try JSONAnswer.of(picture)
    }

    /// Where the vault stands; whoever is asked here runs.
    private var picture: VaultStatus {
        var status = service.board.status
        status.daemon = "running"
        return status
    }

    private struct Started: Codable { let id: String }

    @Sendable private func trigger(_: Request, _: BasicRequestContext) async throws -> Response {
        await service.trigger()
        let id = String(UInt64.random(in: .min ... .max), radix: 16)
        return try JSONAnswer.of(Started(id: id), .accepted)
    }

    @Sendable private func cycle(_ request: Request, _: BasicRequestContext) async throws
        -> Response
    {
        let bytes = try await request.body.collect(upTo: Limits.requestBytes)
        var asked = CycleRequest()
        if bytes.readableBytes > 0 {
            do {
                asked = try JSONDecoder().decode(
                    CycleRequest.self, from: Data(bytes.readableBytesView))
            } catch { throw HTTPError(.badRequest, message: "expected a JSON object: \(error)") }
        }
        return try await waiting.one {
            let outcome = await service.sync(asked.request)
            return try JSONAnswer.of(
                CycleReport(outcome, picture, isRefused: await service.isRefused))
        }
    }

    @Sendable private func flush(_: Request, _: BasicRequestContext) async throws -> Response {
        try JSONAnswer.of(try await service.barrier())
    }

    @Sendable private func quarantined(_ request: Request, _: BasicRequestContext) async throws
        -> Response
    {
        let ignored = request.uri.queryParameters["ignored"] == "true"
        return try JSONAnswer.of(
            try await service.quarantined(ignored: ignored).map(QuarantineAnswer.init))
    }

    @Sendable private func devices(_: Request, _: BasicRequestContext) async throws -> Response {
        try JSONAnswer.of(await service.devices())
    }

    private func setPaused(_ paused: Bool) async throws -> Response {
        try await service.setPaused(paused)
        return try JSONAnswer.of(picture)
    }

    @Sendable private func reloading(_: Request, _: BasicRequestContext) async throws -> Response {
        switch await reload() {
        case .unchanged: try JSONAnswer.of(ReloadAnswer(.unchanged))
        case .restarting: try JSONAnswer.of(ReloadAnswer(.restarting), .accepted)
        case .refused(let problems): try JSONAnswer.problem(.unprocessableContent, problems)
        }
    }
}
