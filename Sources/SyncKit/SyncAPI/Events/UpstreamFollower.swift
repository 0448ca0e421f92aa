internal import Dispatch
internal import FoundationEssentials
package import Logging
package import ServiceLifecycle
package import SyncEngine
internal import SyncHTTP
package import SyncModel
internal import SyncRemote

/// Follows the events of a daemon that can be reached, and looks at the remote when it tells of
/// something new: a device behind NAT learns of a push as soon as that daemon does.
package struct UpstreamFollower: Service {
    private let upstream: Configuration.Upstream
    private let service: VaultService
    private let log: Logger
    private let options: HTTPClient.Options

    /// - Parameters:
    ///   - upstream: whom to follow.
    ///   - service: told to look at its remote.
    /// - Parameter environment: where authorities are named, as for the remote.
    package init(
        _ upstream: Configuration.Upstream, _ service: VaultService,
        _ environment: [String: String], log: Logger
    ) {
        (self.upstream, self.service, self.log) = (upstream, service, log)
        options = HTTPClient.Options(environment)
    }

    /// Follows until a graceful shutdown; comes again after a failure, later each time.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            let clock = ContinuousClock()
            var words = LastingWords()
            var last: String?
            var tries = 0
            while !Task.isCancelled {
                let (failure, id) = await follow(after: last)
                if Task.isCancelled { return }
                tries = id == last ? tries + 1 : 1
                // What came before it failed says that it was well.
                if tries == 1 { _ = words.note(nil, of: .exchange) }
                last = id
                let text = "the events of \(upstream.events) cannot be followed: \(failure)"
                if let began = words.note(text, of: .exchange).began { log.warning("\(began)") }
                let most = min(Limits.upstreamWait, .seconds(1) * (1 << min(tries - 1, 6)))
                // Full jitter: all who follow a daemon lose it at the same moment.
                let pause = Duration.milliseconds(
                    Int64.random(in: 0...Int64(most / .milliseconds(1))))
                do { try await clock.sleep(for: pause) } catch { return }
            }
        }
    }

    /// Follows one stream to its end, on a thread of its own.
    /// - Returns: why it ended, and the last id that it gave.
    private func follow(after last: String?) async -> (failure: String, last: String?) {
        let cancellation = Cancellation()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { done in
                DispatchQueue(label: "syncd.upstream").async {
                    done.resume(returning: listen(after: last, cancellation))
                }
            }
        } onCancel: {
            cancellation.cancel()
        }
    }

    private func listen(after last: String?, _ cancellation: Cancellation)
        -> (failure: String, last: String?)
    {
        var id = last
        do {
            var request = HTTPRequest(
                upstream.events, answerType: "text/event-stream", mostBytes: .max,
                deadline: Limits.longestRest)
            if let file = upstream.tokenFile {
                let token = try SecretFile.lines(file).first ?? ""
                request.headers.append("Authorization: Bearer \(token)")
            }
            if let last { request.headers.append("Last-Event-ID: \(last)") }
            var reader = EventStreamReader()
            let client = try HTTPClient(options)
            let head = try client.send(request, cancellation: cancellation) { piece in
                guard let events = reader.take(piece) else { return false }
                for event in events {
                    id = event.id ?? id
                    if Self.tells(event) { Task { await service.remoteChanged() } }
                }
                return true
            }
            return head.status == 200
                ? ("it ended", id) : ("the answer is \(head.status)", id)
        } catch { return ("\(error)", id) }
    }

    /// Whether an event says that the remote may have something new.
    static func tells(_ event: ServerEvent) -> Bool {
        struct Words: Decodable {
            let origin: String?
            let result: String?
        }
        let words: Words
        do { words = try JSONDecoder().decode(Words.self, from: Data(event.data.utf8)) } catch {
            return false
        }
        switch event.name {
        case "commit": return words.origin == "pushed" || words.origin == "applied"
        case "delivery": return words.result == "queued"
        // What was missed meanwhile may be such a thing.
        case "reset": return true
        default: return false
        }
    }
}
