internal import CCurl
internal import Glibc
internal import SyncModel

/// What a server answered.
package struct HTTPResponse: Sendable, Equatable {
    /// The status code.
    package let status: Int
    /// The whole body.
    package let body: [UInt8]
}

/// Speaks HTTP to a server behind a UNIX socket, one request at a time, on the calling thread.
package struct SocketClient: Sendable {
    private let socket: String

    /// - Parameter socket: the socket's path.
    package init(socket: String) { self.socket = socket }

    /// Makes one request and waits for the whole answer.
    /// - Parameters:
    ///   - method: `GET`, `POST`, …
    ///   - path: the target with its query, beginning with a slash.
    ///   - body: sent as `application/json`; nil sends none.
    ///   - deadline: for all of it, at least a millisecond.
    /// - Returns: whatever the server answered, whatever its status.
    /// - Throws: `.unreachable` when nobody listens, `.untrusted` where another user may,
    ///   `.timedOut`, `.tooLarge` for a body over `Limits.answerBytes`, `.failed`. Source:
    ///   libcurl-easy(3).
    package func send(
        _ method: String, _ path: String, body: [UInt8]? = nil, deadline: Duration
    ) throws(HTTPError) -> HTTPResponse {
        try send(method, path, body: body, deadline: deadline, into: Answer())
    }

    /// Follows an answer that goes on.
    /// - Parameters:
    ///   - path: the target with its query, beginning with a slash.
    ///   - last: the id of the last event that is known; nil for who is new.
    ///   - take: given each piece of an answer from 200 to 299 as it comes; false ends it.
    /// - Returns: the status, and of any other answer the body.
    /// - Throws: `.unreachable` when nobody listens, `.untrusted` where another user may, `.failed`
    ///   when the answer is cut short.
    package func follow(
        _ path: String, after last: String? = nil, take: @escaping ([UInt8]) -> Bool
    ) throws(HTTPError) -> HTTPResponse {
        try send(
            "GET", path, body: nil, deadline: nil, into: Answer(take: take),
            header: last.map { "Last-Event-ID: \($0)" })
    }

    private func send(
        _ method: String, _ path: String, body: [UInt8]?, deadline: Duration?, into answer: Answer,
        header: String? = nil
    ) throws(HTTPError) -> HTTPResponse {
        let operation = "\(method) \(path)"
        // Nobody listens where no socket is: libcurl, with all it brings, is not loaded for that.
        if access(socket, F_OK) != 0 && errno == ENOENT {
            throw HTTPError(.unreachable, operation, "there is no \(socket)")
        }
        if let words = SocketPlace.distrust(socket) {
            throw HTTPError(.untrusted, operation, words)
        }
        let request = try CurlRequest(operation)
        try request.set(CURLOPT_UNIX_SOCKET_PATH, socket)
        try request.set(CURLOPT_URL, "http://localhost\(path)")
        try request.set(CURLOPT_CUSTOMREQUEST, method)
        // A proxy of the environment is not meant for this.
        try request.set(CURLOPT_PROXY, "")
        try request.set(CURLOPT_NOSIGNAL, 1)
        if let deadline {
            try request.set(CURLOPT_TIMEOUT_MS, max(1, Int(deadline / .milliseconds(1))))
        }
        let headers = syncd_curl_slist_append(nil, header ?? "Content-Type: application/json")
        defer { syncd_curl_slist_free_all(headers) }
        if header != nil || body != nil { try request.setHeaders(headers) }
        if let body { try request.setBody(body) }
        return try request.perform(into: answer)
    }
}

/// One request over a handle of its own.
private struct CurlRequest: ~Copyable {
    private let handle: CurlHandle
    private let operation: String

    init(_ operation: String) throws(HTTPError) {
        self.operation = operation
        handle = try CurlHandle(operation)
    }

    /// Sets an option; libcurl copies the text.
    func set(_ option: CURLoption, _ text: String) throws(HTTPError) {
        try check(handle.set(option, text))
    }

    func set(_ option: CURLoption, _ value: Int) throws(HTTPError) {
        try check(handle.set(option, value))
    }

    /// Sends a body with the request; libcurl copies it.
    func setBody(_ body: [UInt8]) throws(HTTPError) {
        try set(CURLOPT_POSTFIELDSIZE, body.count)
        try check(
            (body + [0]).withUnsafeBytes {
                handle.set(CURLOPT_COPYPOSTFIELDS, pointer: $0.baseAddress)
            })
    }

    /// Sends a header; the list has to live as long as the transfer.
    func setHeaders(_ list: UnsafeMutablePointer<curl_slist>?) throws(HTTPError) {
        try check(handle.set(CURLOPT_HTTPHEADER, pointer: list))
    }

    func perform(into answer: Answer) throws(HTTPError) -> HTTPResponse {
        let place = Unmanaged.passUnretained(answer).toOpaque()
        try check(
            syncd_curl_set_write(handle.curl, CURLOPT_WRITEFUNCTION) { bytes, size, count, place in
                guard let bytes, let place else { return 0 }
                let answer = Unmanaged<Answer>.fromOpaque(place).takeUnretainedValue()
                return answer.take(UnsafeRawBufferPointer(start: bytes, count: size * count))
            })
        try check(handle.set(CURLOPT_WRITEDATA, pointer: place))
        answer.curl = handle.curl
        let code = withExtendedLifetime(answer) { syncd_curl_easy_perform(handle.curl) }
        if answer.isEnded {
            return HTTPResponse(status: handle.number(CURLINFO_RESPONSE_CODE), body: [])
        }
        if answer.isTooLarge {
            let most = "the answer is larger than \(Limits.answerBytes >> 20) MiB"
            throw HTTPError(.tooLarge, operation, most)
        }
        try check(code)
        return HTTPResponse(status: handle.number(CURLINFO_RESPONSE_CODE), body: answer.bytes)
    }

    private func check(_ code: CURLcode) throws(HTTPError) {
        if code == CURLE_OK { return }
        let kind: HTTPError.Code =
            switch code {
            case CURLE_COULDNT_CONNECT: .unreachable
            case CURLE_OPERATION_TIMEDOUT: .timedOut
            default: .failed
            }
        throw HTTPError(kind, operation, String(cString: syncd_curl_easy_strerror(code)))
    }
}

/// Where libcurl puts what comes.
private final class Answer {
    private(set) var bytes: [UInt8] = []
    private(set) var isTooLarge = false
    /// Whether who follows wants no more.
    private(set) var isEnded = false
    /// The handle of the request that this answers.
    var curl: UnsafeMutableRawPointer?
    private let pass: (([UInt8]) -> Bool)?

    /// Keeps all that comes, up to `Limits.answerBytes`.
    /// - Parameter take: given what comes of an answer from 200 to 299 in place of that.
    init(take: (([UInt8]) -> Bool)? = nil) { pass = take }

    /// Takes a piece; any other number than its size makes libcurl stop.
    func take(_ piece: UnsafeRawBufferPointer) -> Int {
        if let pass, isSuccess {
            isEnded = !pass(Array(piece))
            return isEnded ? 0 : piece.count
        }
        if bytes.count + piece.count > Limits.answerBytes {
            isTooLarge = true
            return 0
        }
        bytes += piece
        return piece.count
    }

    private var isSuccess: Bool {
        var status = 0
        guard let curl, syncd_curl_get_long(curl, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK
        else { return false }
        return (200..<300).contains(status)
    }
}
