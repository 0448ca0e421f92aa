internal import CCurl
internal import Glibc
internal import SyncModel

/// What libcurl calls back during one request. Lives as long as the request.
final class Transfer {
    private(set) var head = HTTPHead()
    /// Grows with every byte in either direction.
    private(set) var progress = 0
    /// Why the request was ended from here.
    private(set) var failure: (code: HTTPError.Code, words: String)?

    private let curl: UnsafeMutableRawPointer
    private let body: HTTPRequest.Body
    private let answerType: String
    private let mostBytes: Int
    private let take: (UnsafeRawBufferPointer) -> Bool
    private var headerBytes = 0
    private var taken = 0

    init(
        _ curl: UnsafeMutableRawPointer, _ request: HTTPRequest,
        _ take: @escaping (UnsafeRawBufferPointer) -> Bool
    ) {
        self.curl = curl
        body = request.body
        answerType = request.answerType
        mostBytes = request.mostBytes
        self.take = take
    }

    /// Whether the connection was made and something was sent or came.
    var isBegun: Bool { progress > 0 }

    /// Sets what libcurl calls. The bytes of a body have to stay where they are, so libcurl
    /// copies those.
    func attach(to easy: borrowing CurlHandle) -> [CURLcode] {
        let place = UnsafeRawPointer(Unmanaged.passUnretained(self).toOpaque())
        var codes = [
            syncd_curl_set_write(easy.curl, CURLOPT_WRITEFUNCTION) { bytes, size, count, place in
                Transfer.at(place)?.receive(bytes, size * count) ?? 0
            },
            easy.set(CURLOPT_WRITEDATA, pointer: place),
            syncd_curl_set_write(easy.curl, CURLOPT_HEADERFUNCTION) { bytes, size, count, place in
                Transfer.at(place)?.receiveHeader(bytes, size * count) ?? 0
            },
            easy.set(CURLOPT_HEADERDATA, pointer: place),
            // A program that is started meanwhile has no business with the connection.
            syncd_curl_set_sockopt(easy.curl) { _, socket, _ in
                fcntl(socket, F_SETFD, FD_CLOEXEC) == 0 ? CURL_SOCKOPT_OK : CURL_SOCKOPT_ERROR
            },
        ]
        switch body {
        case .none: codes.append(easy.set(CURLOPT_HTTPGET, 1))
        case .bytes(let bytes):
            codes.append(
                syncd_curl_set_offset(
                    easy.curl, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(bytes.count)))
            codes.append(
                bytes.withUnsafeBytes {
                    easy.set(CURLOPT_COPYPOSTFIELDS, pointer: $0.baseAddress)
                })
        case .stream(let source):
            source.rewind()
            codes += [
                easy.set(CURLOPT_POST, 1),
                syncd_curl_set_write(easy.curl, CURLOPT_READFUNCTION) { room, size, count, place in
                    Transfer.at(place)?.give(room, size * count) ?? Int(CURL_READFUNC_ABORT)
                },
                easy.set(CURLOPT_READDATA, pointer: place),
                syncd_curl_set_seek(easy.curl) { place, offset, origin in
                    Transfer.at(place)?.seek(Int(offset), origin) ?? CURL_SEEKFUNC_FAIL
                },
                easy.set(CURLOPT_SEEKDATA, pointer: place),
            ]
        }
        return codes
    }

    /// Notes what is known only at the end.
    func finish() {
        var status = 0
        if syncd_curl_get_long(curl, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK {
            head.status = status
        }
        var place: UnsafePointer<CChar>?
        if syncd_curl_get_string(curl, CURLINFO_REDIRECT_URL, &place) == CURLE_OK, let place {
            head.redirect = String(cString: place)
        }
    }

    private static func at(_ place: UnsafeMutableRawPointer?) -> Transfer? {
        place.map { Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
    }

    /// Takes a piece; any other number than its size makes libcurl stop.
    private func receive(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
        guard let bytes else { return 0 }
        progress += count
        let piece = UnsafeRawBufferPointer(start: bytes, count: count)
        var status = 0
        _ = syncd_curl_get_long(curl, CURLINFO_RESPONSE_CODE, &status)
        guard (200..<300).contains(status), head.type == answerType else {
            let room = Limits.remoteWordsBytes - head.complaint.count
            head.complaint.append(contentsOf: piece.prefix(max(0, room)))
            return count
        }
        taken += count
        if taken > mostBytes {
            failure = (.tooLarge, "the answer is larger than \(mostBytes) bytes")
            return 0
        }
        if take(piece) { return count }
        failure = (.stopped, "the answer was not taken")
        return 0
    }

    private func receiveHeader(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
        guard let bytes else { return 0 }
        progress += count
        headerBytes += count
        if headerBytes > Limits.headerBytes {
            failure = (.tooLarge, "the answer's headers are too long")
            return 0
        }
        let piece = UnsafeRawBufferPointer(start: bytes, count: count)
        head.take(String(decoding: piece, as: UTF8.self))
        return count
    }

    private func give(_ room: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
        guard let room, case .stream(let source) = body else { return Int(CURL_READFUNC_ABORT) }
        let space = UnsafeMutableRawBufferPointer(start: room, count: count)
        guard let given = source.read(into: space) else {
            failure = (.stopped, "the request could not be made")
            return Int(CURL_READFUNC_ABORT)
        }
        progress += given + 1
        return given
    }

    private func seek(_ offset: Int, _ origin: Int32) -> Int32 {
        guard offset == 0, origin == SEEK_SET, case .stream(let source) = body else {
            return CURL_SEEKFUNC_FAIL
        }
        source.rewind()
        return CURL_SEEKFUNC_OK
    }
}

extension HTTPError {
    /// Turns what libcurl returned into ours.
    /// - Parameter detail: its longer words where it has some.
    init(_ code: CURLcode, _ operation: String, _ detail: String) {
        let words = Self.withoutLogin(
            detail.isEmpty ? String(cString: syncd_curl_easy_strerror(code)) : detail)
        let kind: Code =
            switch code {
            // All that may go wrong in the handshake, most of it on the way: it was cut, it was
            // reset, a portal answers in place of the server. What the two could not agree on
            // is said by an alert.
            case CURLE_SSL_CONNECT_ERROR: Self.isDisagreement(words) ? .untrusted : .failed
            case CURLE_COULDNT_CONNECT, CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY:
                .unreachable
            case CURLE_OPERATION_TIMEDOUT: .timedOut
            case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE,
                CURLE_SSL_ISSUER_ERROR, CURLE_SSL_CERTPROBLEM:
                .untrusted
            default: .failed
            }
        self.init(kind, operation, words)
    }

    /// Whether one of the two sides said that it does not speak as the other does, in the words
    /// of OpenSSL (and of its forks) or of GnuTLS.
    private static func isDisagreement(_ words: String) -> Bool {
        let all = words.lowercased()
        return [
            "alert protocol version", "alert handshake failure", "alert insufficient security",
            "unsupported protocol", "no protocols available", "certificate",
        ].contains { all.contains($0) }
    }
}
