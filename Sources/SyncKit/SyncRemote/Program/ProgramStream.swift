internal import Glibc
internal import SyncHTTP
internal import SyncModel

/// Talks with a program over its streams, under deadlines.
struct ProgramStream {
    let child: ChildProcess
    /// The longest time without a byte in any direction.
    let patience: Duration
    let cancellation: Cancellation
    /// What it wrote to its error output, as much as is kept.
    private(set) var words = RemoteWords()

    /// How a talk ended.
    enum End { case enough, closed }

    init(_ child: ChildProcess, patience: Duration, _ cancellation: Cancellation) {
        (self.child, self.patience, self.cancellation) = (child, patience, cancellation)
    }

    /// Sends what a source gives and takes what comes, both at once, until `take` has enough or
    /// the program closes its output.
    /// - Parameters:
    ///   - source: nil sends nothing. The input stays open.
    ///   - total: for all of it.
    ///   - slowest: so many bytes, in either direction, put that off by a second; nil: none do.
    ///   - take: given what comes; true when that is enough.
    /// - Throws: `.unreachable` past a deadline, `.io` when cancelled, and what `take` throws.
    mutating func talk(
        _ source: (any HTTPBodySource)?, within total: Duration, slowest: Int? = nil,
        _ operation: String,
        take: (UnsafeRawBufferPointer) throws(RemoteError) -> Bool
    ) throws(RemoteError) -> End {
        let clock = ContinuousClock()
        let deadline = TransferEnd(total, slowest: slowest)
        var moved = 0
        var silentSince = clock.now
        var outbox = Outbox(source)
        var room = [UInt8](repeating: 0, count: 64 << 10)
        var areErrorsOpen = true
        while true {
            let now = clock.now
            let end = deadline.after(moved + outbox.gone)
            if now >= end { throw late(operation, deadline.words) }
            if now >= silentSince + patience { throw late(operation, "not a byte for \(patience)") }
            try outbox.fill(operation)
            let isSending = !outbox.isEmpty && child.input >= 0
            var looks = [
                pollfd(fd: child.output, events: Int16(POLLIN), revents: 0),
                pollfd(fd: areErrorsOpen ? child.errors : -1, events: Int16(POLLIN), revents: 0),
                pollfd(fd: isSending ? child.input : -1, events: Int16(POLLOUT), revents: 0),
                pollfd(fd: cancellation.descriptor, events: Int16(POLLIN), revents: 0),
            ]
            let wait = min(end, silentSince + patience) - now
            poll(&looks, 4, Int32(min(max(1, wait / .milliseconds(1)), 60_000)))
            if looks[3].revents != 0 { throw cancelled(operation) }
            if looks[1].revents != 0 {
                let count = read(child.errors, &room, room.count)
                if count > 0 { words.append(room[..<count]) }
                areErrorsOpen = count > 0 || (count < 0 && errno == EAGAIN)
                if count > 0 { silentSince = clock.now }
            }
            if looks[2].revents != 0 {
                if outbox.send(to: child.input) { silentSince = clock.now }
            }
            if looks[0].revents == 0 { continue }
            let count = read(child.output, &room, room.count)
            if count < 0 && (errno == EAGAIN || errno == EINTR) { continue }
            if count <= 0 {
                try readErrors(until: min(end, clock.now + Limits.lastWordsWait), operation)
                return .closed
            }
            silentSince = clock.now
            moved += count
            let result = room.withUnsafeBytes { bytes in
                Result { () throws(RemoteError) in
                    try take(UnsafeRawBufferPointer(rebasing: bytes[..<count]))
                }
            }
            if try result.get() { return .enough }
        }
    }

    /// Reads what is left of the error output, for as long as its writer goes on at once, and no
    /// longer than to `end`.
    private mutating func readErrors(
        until end: ContinuousClock.Instant, _ operation: String
    ) throws(RemoteError) {
        var room = [UInt8](repeating: 0, count: 4 << 10)
        while true {
            var looks = [
                pollfd(fd: child.errors, events: Int16(POLLIN), revents: 0),
                pollfd(fd: cancellation.descriptor, events: Int16(POLLIN), revents: 0),
            ]
            let wait = min(end - ContinuousClock.now, .milliseconds(200))
            guard wait > .zero, poll(&looks, 2, Int32(wait / .milliseconds(1))) > 0 else { return }
            if looks[1].revents != 0 { throw cancelled(operation) }
            let count = read(child.errors, &room, room.count)
            if count <= 0 { return }
            words.append(room[..<count])
        }
    }

    private func cancelled(_ operation: String) -> RemoteError {
        RemoteError(.io, operation, "it was cancelled")
    }

    private func late(_ operation: String, _ cause: String) -> RemoteError {
        RemoteError(.unreachable, operation, cause)
    }
}

/// What still has to be sent of a source.
private struct Outbox {
    private let source: (any HTTPBodySource)?
    private var piece: [UInt8] = []
    private var sent = 0
    private var isDone: Bool
    /// How many bytes were sent.
    private(set) var gone = 0

    init(_ source: (any HTTPBodySource)?) {
        self.source = source
        isDone = source == nil
    }

    var isEmpty: Bool { sent == piece.count }

    mutating func fill(_ operation: String) throws(RemoteError) {
        if !isEmpty || isDone { return }
        var room = [UInt8](repeating: 0, count: 64 << 10)
        guard let count = room.withUnsafeMutableBytes({ source?.read(into: $0) }) else {
            throw RemoteError(.io, operation, "the request could not be made")
        }
        isDone = count == 0
        (piece, sent) = (Array(room[..<count]), 0)
    }

    /// Sends a part; false when nothing could be sent. A closed end shows at the output.
    mutating func send(to descriptor: Int32) -> Bool {
        let count = piece[sent...].withUnsafeBytes {
            Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        if count < 0 && (errno == EAGAIN || errno == EINTR) { return false }
        if count < 0 { (piece, sent, isDone) = ([], 0, true) } else { sent += count }
        gone += max(0, count)
        return count > 0
    }
}

/// Bytes as a source, all of which is sent once.
final class BytesSource: HTTPBodySource {
    private let bytes: [UInt8]
    private let atEnd: () -> Void
    private var given = 0

    /// - Parameter atEnd: called when all of it was sent.
    init(_ bytes: [UInt8], atEnd: @escaping () -> Void) {
        self.bytes = bytes
        self.atEnd = atEnd
    }

    func rewind() { given = 0 }

    func read(into room: UnsafeMutableRawBufferPointer) -> Int? {
        let count = min(room.count, bytes.count - given)
        room.copyBytes(from: bytes[given..<(given + count)])
        given += count
        if count == 0 { atEnd() }
        return count
    }
}
