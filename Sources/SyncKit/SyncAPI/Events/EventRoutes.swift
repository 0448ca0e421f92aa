internal import FoundationEssentials
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import SyncEngine
internal import SyncModel

/// Server-sent events: what happens, as it happens.
struct EventRoutes: Sendable {
    let ring: EventRing
    let service: VaultService
    private let teller: WorkTeller

    /// Adds what happens in the vault to the ring from now on.
    init(_ ring: EventRing, _ service: VaultService) {
        (self.ring, self.service) = (ring, service)
        teller = WorkTeller(ring, service.progress.work)
        service.events.follow { event in
            if let (name, data) = EventWords.of(event) { ring.add(name, data) }
        }
    }

    @Sendable func events(_ request: Request, _ context: SyncContext) async throws -> Response {
        var answer = Response(
            status: .ok,
            headers: [
                .contentType: "text/event-stream", .cacheControl: "no-store",
                HTTPField.Name("X-Accel-Buffering")!: "no",
            ])
        // Nobody reads the stream of a look at what is there.
        if request.method == .head { return answer }
        let last = request.headers[HTTPField.Name("Last-Event-ID")!]
        let channel = context.channel
        guard let stream = ring.follow(after: last, cut: { channel?.close(promise: nil) }) else {
            throw HTTPError(
                .serviceUnavailable, message: "too many streams: there are \(Limits.eventStreams)")
        }
        teller.begin()
        channel?.closeFuture.whenComplete { [ring] _ in ring.leave(stream.id) }
        let picture = try EventWords.json(service.board.status.served)
        let ring = ring
        answer.body = ResponseBody { writer in
            defer { ring.leave(stream.id) }
            var first = Array(": syncd\n\n".utf8)
            if stream.isReset {
                first += EventRing.message("reset", picture, id: stream.now)
            } else if last == nil {
                first += EventRing.message("state", picture, id: stream.now)
            }
            for message in stream.missed { first += message }
            try await writer.write(ByteBuffer(bytes: first))
            for await _ in stream.queue.wakeups {
                guard context.isAdmitted() else { break }
                let bytes = stream.queue.take()
                // A piece without bytes would end the answer.
                if !bytes.isEmpty { try await writer.write(ByteBuffer(bytes: bytes)) }
            }
            try await writer.finish(nil)
        }
        return answer
    }
}

/// What happens, as the stream says it.
enum EventWords {
    private struct CommitWords: Encodable {
        let commit: ObjectID
        let origin: String
        let subject: String
    }

    private struct ConflictWords: Encodable {
        let id: String
        let path: TreePath
        let status: String
    }

    private struct DeviceWords: Encodable {
        let device: String
        let commit: ObjectID
    }

    private struct ExchangeWords: Encodable {
        let exchange: String
        let seconds: Double?
        let failure: String?
    }

    /// The event's name and its data; nil for what nobody outside is told.
    static func of(_ event: VaultEvent) -> (name: String, data: String)? {
        do {
            switch event {
            case .status(let status): return ("state", try json(status.served))
            case .commit(let commit, let origin, let subject):
                let words = CommitWords(commit: commit, origin: origin.rawValue, subject: subject)
                return ("commit", try json(words))
            case .pushed(let commit, let subject, _):
                let words = CommitWords(commit: commit, origin: "pushed", subject: subject)
                return ("commit", try json(words))
            // Each poll has five of them: they would push out what happened.
            case .step: return nil
            case .exchangeBegan:
                let words = ExchangeWords(exchange: "began", seconds: nil, failure: nil)
                return ("progress", try json(words))
            case .exchangeEnded(let took, let failure):
                let words = ExchangeWords(
                    exchange: "ended", seconds: took / .seconds(1), failure: failure)
                return ("progress", try json(words))
            case .conflictOpened(let conflict):
                let words = ConflictWords(id: conflict.id, path: conflict.path, status: "open")
                return ("conflict", try json(words))
            case .conflictResolved(let id, let path):
                return ("conflict", try json(ConflictWords(id: id, path: path, status: "resolved")))
            case .device(let device, let commit):
                return ("device", try json(DeviceWords(device: device, commit: commit)))
            }
        } catch {
            // A value of ours that JSON cannot say is a fault; the stream goes on.
            return nil
        }
    }

    /// How far a step is that takes long; nil where JSON cannot say it.
    static func progress(_ work: WorkProgress) -> String? {
        do { return try json(work) } catch { return nil }
    }

    /// A value as one line of JSON.
    static func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}
