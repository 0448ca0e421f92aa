internal import FoundationEssentials
internal import HTTPTypes
internal import Hummingbird
internal import SyncModel
internal import SyncStore

/// The webhook, and the list of what it took.
struct WebhookRoutes: Sendable {
    let receiver: WebhookReceiver
    let gate: Gate
    let ring: EventRing
    let metrics: VaultMetrics
    let clock: any WallClock

    @Sendable func take(_ request: Request, _ context: SyncContext) async throws -> Response {
        var request = request
        let body = Array(
            try await request.wholeBody(upTo: Limits.deliveryBytes).readableBytesView)
        guard let proof = try proof(request, context, body) else {
            metrics.delivered("refused")
            throw gate.refusal(
                context.caller.address,
                "expected a signature with a secret of webhook_secret_file in [http], or a token")
        }
        let (answer, noted) = try receiver.take(proof, request.headers, body)
        metrics.delivered(answer.result.rawValue)
        if let noted { ring.add("delivery", try EventWords.json(noted)) }
        return try JSONAnswer.of(answer, .accepted)
    }

    /// What the sender shows; a token of this daemon's that may write is as good as the secret.
    private func proof(_ request: Request, _ context: SyncContext, _ body: [UInt8]) throws
        -> WebhookProof?
    {
        if let scope = context.caller.scope, scope >= .write, context.caller.identity != .session {
            return WebhookProof(provider: .bearer, isSigned: false)
        }
        guard let secrets = receiver.secrets() else {
            throw HTTPError(
                .serviceUnavailable, message: "deliveries cannot be verified at the moment")
        }
        return WebhookProof.check(request.headers, body, secrets: secrets, now: clock.now())
    }

    @Sendable func deliveries(_ request: Request, _: SyncContext) async throws -> Response {
        try JSONAnswer.page(try gate.store.deliveries(most: Limits.deliveries), request)
    }
}
