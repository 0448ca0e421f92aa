internal import HTTPTypes
package import Hummingbird
package import Logging
package import ServiceLifecycle
package import SyncEngine
package import SyncModel
package import SyncStore

/// The routes of one vault: one table, served at every door.
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
    let file: String
    let reload: @Sendable () async -> Reload
    let waiting = WaitingRequests()
    let instance = String(UInt64.random(in: .min ... .max), radix: 16)
    let pulse: EnginePulse
    let gate: Gate
    let ring = EventRing()
    private let webhooks: WebhookRoutes
    private let missed: MissedDeliveries
    private let events: EventRoutes
    private let metrics: VaultMetrics
    private let answers = RepeatedAnswers()

    /// - Parameters:
    ///   - service: the vault.
    ///   - store: logins and deliveries.
    ///   - file: the configuration file, absolute.
    ///   - log: told what a person has to mend.
    ///   - reload: reads the configuration again.
    /// - Throws: what the store throws.
    package init(
        _ service: VaultService, _ store: ServiceStore, file: String, log: Logger,
        reload: @escaping @Sendable () async -> Reload
    ) throws {
        self.service = service
        pulse = EnginePulse(service)
        self.file = file
        self.reload = reload
        let clock = SystemClock()
        let configuration = service.configuration
        gate = Gate(
            vault: configuration.vault, store,
            AuditLog(configuration.stateDirectory + "/audit", clock: clock), clock: clock)
        metrics = VaultMetrics(service, ring)
        events = EventRoutes(ring, service)
        webhooks = WebhookRoutes(
            receiver: try WebhookReceiver(service, store, clock: clock, log: log), gate: gate,
            ring: ring,
            metrics: metrics, clock: clock)
        missed = MissedDeliveries(service, store, log: log)
    }

    /// Asks for what could not be delivered: runs beside the servers.
    package var deliveries: any Service { missed }

    /// Somebody listens from now on to whom can be delivered.
    func listens() { missed.look() }

    /// Keeps streams of events alive, and ends them at a shutdown: runs beside the servers.
    package var streams: any Service { ring }

    /// All of them, ready to be served at a door.
    package func router(at door: Door) -> Router<SyncContext> {
        let router = Router(context: SyncContext.self, options: .autoGenerateHeadEndpoints)
        let endpoints = endpoints(at: door)
        router.add(middleware: AccessMiddleware(gate: gate, door: door, endpoints: endpoints))
        router.add(middleware: ConditionalMiddleware(endpoints: endpoints))
        router.add(middleware: ExpectMiddleware())
        router.add(middleware: RepeatMiddleware(answers: answers, endpoints: endpoints))
        for endpoint in endpoints {
            router.on(endpoint.routerPath, method: endpoint.method, use: endpoint.handle)
        }
        return router
    }

    /// The routes: who may ask for what.
    func endpoints(at door: Door) -> [Endpoint] {
        let administration = AdministrationRoutes(gate: gate, service: service, door: door)
        let writes = WriteRoutes(service: service)
        let history = HistoryRoutes(
            service: service, past: HistoryReader(service.configuration))
        return [
            Endpoint(open: .get, "/health", health),
            Endpoint(open: .get, "/api/health", health),
            Endpoint(open: .get, "/api/openapi.json", OpenAPIDocument.serve),
            Endpoint(open: .post, "/api/sync/webhook", webhooks.take),
            Endpoint(open: .get, "/login/{code}", administration.login),
            Endpoint(.get, "/status", .read, status),
            Endpoint(.get, "/api/sync/status", .read, status),
            Endpoint(.get, "/metrics", .read, metrics.serve),
            Endpoint(.get, "/api/sync/events", .read, events.events),
            Endpoint(
                .get, "/api/sync/deliveries", .read, asking: ["cursor", "limit"],
                webhooks.deliveries),
            Endpoint(
                .get, "/api/sync/held", .read, asking: ["cursor", "ignored", "limit"], quarantined),
            Endpoint(.get, "/api/sync/uncommitted", .read, uncommitted),
            Endpoint(.get, "/api/sync/devices", .read, devices),
            Endpoint(.get, "/api/sync/conflicts", .read, asking: ["cursor", "limit"], conflicts),
            Endpoint(.get, "/api/sync/conflicts/{id}", .read, conflict),
            Endpoint(.get, "/api/sync/settled", .read, asking: ["cursor", "limit"], resolved),
            Endpoint(.get, "/api/sync/remote", .read, remote),
            Endpoint(
                .get, "/api/sync/history", .read, asking: ["before", "limit", "path"], history.log),
            Endpoint(
                .get, "/api/sync/diff", .read, asking: ["from", "path", "to"], history.differences),
            Endpoint(.get, "/api/sync/commit/{rev}", .read, history.commit),
            Endpoint(.get, "/api/sync/blame", .read, asking: ["at", "path"], history.blame),
            Endpoint(
                .get, "/api/sync/deleted", .read, asking: ["cursor", "limit", "path"],
                history.deleted),
            Endpoint(.get, "/api/sync/blob/{rev}/{path}", .read, history.blob),
            Endpoint(.post, "/trigger-sync", .write, trigger),
            Endpoint(.post, "/api/sync/pull", .write, trigger),
            Endpoint(.post, "/api/sync/push", .write, trigger),
            Endpoint(.post, "/api/sync/cycle", .write, cycle),
            Endpoint(.post, "/api/sync/flush", .write, flush),
            Endpoint(.post, "/api/sync", .write, writes.one),
            Endpoint(.post, "/api/sync/batch", .write, writes.batch),
            Endpoint(.post, "/api/sync/conflicts/{id}/resolve", .write, resolve),
            Endpoint(.post, "/api/sync/restore", .write, restore),
            Endpoint(.post, "/api/sync/rollback", .write, history.rollback),
            Endpoint(.post, "/api/sync/undo", .write, history.undo),
            Endpoint(.post, "/api/sync/type", .write, setType),
            Endpoint(.post, "/api/sync/remote", .admin, chooseRemote),
            Endpoint(.post, "/api/sync/remote/skip", .admin, skip),
            Endpoint(.delete, "/api/sync/devices/{name}", .admin, forget),
            Endpoint(.post, "/api/sync/pause", .admin, pause),
            Endpoint(.post, "/api/sync/resume", .admin, resume),
            Endpoint(.post, "/api/sync/reload", .admin, reloading),
            Endpoint(
                .get, "/api/sync/tokens", .admin, asking: ["cursor", "limit"], administration.tokens
            ),
            Endpoint(.post, "/api/sync/tokens", .admin, administration.createToken),
            Endpoint(.delete, "/api/sync/tokens/{name}", .admin, administration.revokeToken),
            Endpoint(.post, "/api/sync/login-links", .admin, administration.makeLink),
            Endpoint(.delete, "/api/sync/sessions", .admin, administration.endSessions),
        ]
    }
}
