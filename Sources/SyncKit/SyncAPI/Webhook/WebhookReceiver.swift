internal import FoundationEssentials
internal import HTTPTypes
internal import Logging
internal import SyncEngine
internal import SyncModel
internal import SyncRemote
internal import SyncStore
internal import Synchronization

/// Takes deliveries: checks who sent one, notes it, and asks the vault to look at its remote. That
/// is all that is waited for; what came of it is noted later.
final class WebhookReceiver: Sendable {
    private let store: ServiceStore
    private let service: VaultService
    private let clock: any WallClock
    private let configuration: Configuration
    private let log: Logger
    /// The last delivery that asks for a fetch, the last whose fetch is under way, and the last
    /// whose fetch ended.
    private let queued: Mutex<(last: Int64, underWay: Int64, ended: Int64)>

    /// What came of a delivery: the answer's body.
    struct Answer: Codable, Equatable {
        let result: Delivery.Result
        let reason: String?
    }

    /// Follows the vault's exchanges from now on.
    init(_ service: VaultService, _ store: ServiceStore, clock: any WallClock, log: Logger) throws {
        self.log = log
        (self.service, self.store, self.clock) = (service, store, clock)
        configuration = service.configuration
        // What a daemon before this one had taken is seen to by its first exchange.
        queued = Mutex((try store.lastQueued() ?? 0, 0, 0))
        service.events.follow { [weak self] in self?.follow($0) }
    }

    /// The secrets that count now; they are read for each delivery, so that a new one needs no
    /// reload.
    /// - Returns: nil when the file is not there or others may read it, which the status says.
    func secrets() -> [String]? {
        guard let path = configuration.http.webhookSecretFile else { return [] }
        let secrets: [String]
        do { secrets = try SecretFile.lines(path, "webhook secret") } catch {
            let words = "webhooks cannot be verified: \(SyncFailure(error).text)"
            if service.board.warn(words, of: .webhookSecret) { log.error("\(words)") }
            return nil
        }
        service.board.warn(nil, of: .webhookSecret)
        return secrets
    }

    /// Takes a delivery whose sender has shown who it is.
    /// - Returns: the answer, and the delivery as it was noted; nil when it came before.
    /// - Throws: what the store throws.
    func take(_ proof: WebhookProof, _ headers: HTTPFields, _ body: [UInt8]) throws -> (
        answer: Answer, noted: Delivery?
    ) {
        var event = WebhookEvent(headers)
        let decision: WebhookDecision
        do {
            try event.read(headers, body)
            decision = WebhookDecision(
                event, branch: configuration.branch, remote: configuration.remote)
        } catch { decision = .ignore(error.words) }
        var result = Delivery.Result.queued
        var reason: String?
        if case .ignore(let words) = decision { (result, reason) = (.ignored, words) }
        let change =
            event.changes.first { $0.reference == "refs/heads/\(configuration.branch)" }
            ?? event.changes.first
        func cut(_ text: String?) -> String? {
            text.map { String($0.prefix(Limits.deliveryWordCharacters)) }
        }
        let now = clock.now()
        var delivery = Delivery(
            number: 0, received: now.iso8601, provider: proof.provider.rawValue,
            event: cut(event.name) ?? "", id: cut(event.id), ref: cut(change?.reference),
            after: cut(change?.after), result: result, reason: cut(reason))
        guard
            let number = try store.add(
                delivery, body: proof.isSigned ? SHA256Digest.of(body) : nil, at: now)
        else { return (Answer(result: .duplicate, reason: "it came before"), nil) }
        delivery.number = number
        if result == .queued {
            queued.withLock { $0.last = max($0.last, number) }
            Task { await service.remoteChanged() }
        }
        return (Answer(result: result, reason: delivery.reason), delivery)
    }

    private func follow(_ event: VaultEvent) {
        switch event {
        case .exchangeBegan: queued.withLock { $0.underWay = $0.last }
        case .exchangeEnded(_, let failure):
            let through = queued.withLock { queued -> Int64? in
                if queued.underWay <= queued.ended { return nil }
                queued.ended = queued.underWay
                return queued.ended
            }
            guard let through else { return }
            do { try store.finish(through: through, failure: failure) } catch {
                // The list then says "queued" until the next exchange.
                queued.withLock { $0.ended = 0 }
            }
        default: break
        }
    }
}
