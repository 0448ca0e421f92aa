internal import FoundationEssentials
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import SyncModel
internal import SyncStore

/// The webhook, and the list of what it took.
struct WebhookRoutes: Sendable {
    let receiver: WebhookReceiver
    let gate: Gate
    let ring: EventRing
    let metrics: VaultMetrics
    let clock: any WallClock
    private let unproven = ByteBudget(Limits.unprovenBytes)

    init(
        receiver: WebhookReceiver, gate: Gate, ring: EventRing, metrics: VaultMetrics,
        clock: any WallClock
    ) {
        (self.receiver, self.gate, self.ring) = (receiver, gate, ring)
        (self.metrics, self.clock) = (metrics, clock)
    }

    @Sendable func take(_ request: Request, _ context: SyncContext) async throws -> Response {
        let (proof, body) = try await proven(request, context)
        guard let proof else {
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

    /// What the sender shows, and the body. A token of this daemon's that may write is as good as
    /// the secret. Of a stranger who shows nothing nothing is read, and the bodies of all
    /// strangers together are bounded.
    private func proven(_ request: Request, _ context: SyncContext) async throws -> (
        WebhookProof?, [UInt8]
    ) {
        var request = request
        func body() async throws -> [UInt8] {
            Array(try await request.wholeBody(upTo: Limits.deliveryBytes).readableBytesView)
        }
        if let scope = context.caller.scope, scope >= .write, context.caller.identity != .session {
            return (WebhookProof(provider: .bearer, isSigned: false), try await body())
        }
        let said = request.headers[.contentLength].flatMap { Int($0) }
        if let said, said > Limits.deliveryBytes {
            throw NIOTooManyBytesError(maxBytes: Limits.deliveryBytes)
        }
        guard WebhookProof.isShown(request.headers) else { return (nil, []) }
        guard let secrets = receiver.secrets() else {
            throw HTTPError(
                .serviceUnavailable, message: "deliveries cannot be verified at the moment")
        }
        // What does not say how long it is may be as long as any.
        let most = max(said ?? Limits.deliveryBytes, 0)
        guard unproven.take(most) else {
            throw HTTPError(
                .serviceUnavailable, message: "too many deliveries come at once: send it again")
        }
        defer { unproven.giveBack(most) }
        let bytes = try await body()
        return (
            WebhookProof.check(request.headers, bytes, secrets: secrets, now: clock.now()), bytes
        )
    }

    @Sendable func deliveries(_ request: Request, _: SyncContext) async throws -> Response {
        try JSONAnswer.page(try gate.store.deliveries(most: Limits.deliveries), request)
    }
}
