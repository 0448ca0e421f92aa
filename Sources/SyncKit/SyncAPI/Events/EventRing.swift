internal import ServiceLifecycle
internal import SyncModel
internal import Synchronization

/// The newest events, numbered, and the streams that follow them.
final class EventRing: Service {
    /// What a follower is given.
    struct Stream: Sendable {
        /// What it missed; empty for one that begins.
        let missed: [[UInt8]]
        /// Whether it has to be told everything, since what it missed is not here any more.
        let isReset: Bool
        /// The id that "now" has.
        let now: String
        let queue: EventQueue
        let id: Int
    }

    private struct Follower {
        let queue: EventQueue
        let cut: @Sendable () -> Void
    }

    private struct State {
        /// The messages after the first `gone`, the last `Limits.events` of them at least.
        var messages: [[UInt8]] = []
        var gone = 0
        var followers: [Int: Follower] = [:]
        var nextFollower = 0
        var isOver = false

        var last: Int { gone + messages.count }
    }

    private let boot = String(UInt32.random(in: .min ... .max), radix: 16)
    private let state = Mutex(State())

    /// How many follow.
    var followers: Int { state.withLock { $0.followers.count } }

    /// Adds an event.
    /// - Parameters:
    ///   - name: the `event` field.
    ///   - data: JSON without line ends.
    func add(_ name: String, _ data: String) {
        state.withLock { state in
            let message = Self.message(name, data, id: "\(boot)-\(state.last + 1)")
            state.messages.append(message)
            if state.messages.count >= 2 * Limits.events {
                state.messages.removeFirst(Limits.events)
                state.gone += Limits.events
            }
            Self.send(message, &state)
        }
    }

    /// One message of a stream.
    static func message(_ name: String, _ data: String, id: String) -> [UInt8] {
        Array("id: \(id)\nevent: \(name)\ndata: \(data)\n\n".utf8)
    }

    /// Begins to follow.
    /// - Parameters:
    ///   - last: the `Last-Event-ID` of who comes again; nil for who is new.
    ///   - cut: ends the connection of one that does not read.
    /// - Returns: nil when there are too many streams, or the daemon ends.
    func follow(after last: String?, cut: @escaping @Sendable () -> Void) -> Stream? {
        state.withLock { state in
            if state.isOver || state.followers.count >= Limits.eventStreams { return nil }
            let queue = EventQueue()
            let id = state.nextFollower
            state.nextFollower += 1
            state.followers[id] = Follower(queue: queue, cut: cut)
            let known = last.map { number($0, state) }
            let missed = (known ?? nil).map { state.messages.dropFirst($0 - state.gone) }
            return Stream(
                missed: missed.map { Array($0) } ?? [], isReset: known == .some(nil),
                now: "\(boot)-\(state.last)", queue: queue, id: id)
        }
    }

    /// Ends a stream whose client went away.
    func leave(_ id: Int) {
        let follower = state.withLock { $0.followers.removeValue(forKey: id) }
        follower?.queue.end()
    }

    /// Tells each stream from time to time that it is there, and ends them all at a shutdown.
    func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            let clock = ContinuousClock()
            while true {
                // A timer: proxies end connections on which nothing comes.
                do { try await clock.sleep(for: Limits.eventComment) } catch { return }
                state.withLock { Self.send(Array(": here\n\n".utf8), &$0) }
            }
        }
        let followers = state.withLock { state in
            state.isOver = true
            defer { state.followers = [:] }
            return state.followers.values
        }
        for follower in followers { follower.queue.end() }
    }

    private static func send(_ message: [UInt8], _ state: inout State) {
        for (id, follower) in state.followers {
            if follower.queue.add(message) { continue }
            state.followers[id] = nil
            follower.queue.end()
            follower.cut()
        }
    }

    /// The number of an id of this boot whose successors are all here; nil for any other.
    private func number(_ id: String, _ state: State) -> Int? {
        let parts = id.split(separator: "-")
        guard parts.count == 2, parts[0] == boot, let number = Int(parts[1]),
            (state.gone...state.last).contains(number)
        else { return nil }
        return number
    }
}
