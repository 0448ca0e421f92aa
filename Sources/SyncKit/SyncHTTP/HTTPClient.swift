internal import CCurl
internal import Glibc
internal import SyncModel

/// Speaks HTTP/1.1 or HTTP/2 to servers over TLS 1.2 or later, one request at a time, on the
/// calling thread; keeps connections from one request to the next.
///
/// Nothing turns the verification of certificates off. Redirects are given back, not followed.
/// Proxies are those of `https_proxy`, `http_proxy`, `all_proxy` and `no_proxy`; this machine
/// itself is never asked through one. Source: libcurl-easy(3), libcurl-multi(3), libcurl-env(3).
package final class HTTPClient {
    /// What holds for all requests.
    package struct Options: Sendable {
        /// For name resolution, TCP and TLS together.
        package var connect = Limits.connectWait
        /// The longest time without a byte in either direction.
        package var stall = Limits.stallWait
        /// A file of certificates to trust in place of the system's.
        package var authorities: String?
        /// A directory of such certificates, hashed as `openssl rehash` does.
        package var authoritiesDirectory: String?

        /// The defaults.
        /// - Parameter environment: names the certificates to trust, as for git and OpenSSL:
        ///   `GIT_SSL_CAINFO` or `SSL_CERT_FILE`, `GIT_SSL_CAPATH` or `SSL_CERT_DIR`.
        package init(_ environment: [String: String] = [:]) {
            authorities = environment["GIT_SSL_CAINFO"] ?? environment["SSL_CERT_FILE"]
            authoritiesDirectory = environment["GIT_SSL_CAPATH"] ?? environment["SSL_CERT_DIR"]
        }
    }

    private let options: Options
    private let easy: CurlHandle
    private var multi: OpaquePointer

    /// Starts without a connection.
    /// - Throws: `.failed` when libcurl cannot be started.
    package init(_ options: Options) throws(HTTPError) {
        self.options = options
        easy = try CurlHandle("start a client")
        guard let made = syncd_curl_multi_init() else {
            throw HTTPError(.failed, "start a client", "libcurl has no memory")
        }
        multi = OpaquePointer(made)
    }

    deinit { syncd_curl_multi_cleanup(UnsafeMutableRawPointer(multi)) }

    /// Closes every connection that is kept: after a change of the network it may only look
    /// alive.
    package func dropConnections() {
        // Without memory for others the old ones stay, and show at the next request.
        guard let made = syncd_curl_multi_init() else { return }
        syncd_curl_multi_cleanup(UnsafeMutableRawPointer(multi))
        multi = OpaquePointer(made)
    }

    /// Makes one request and waits for the whole answer.
    /// - Parameters:
    ///   - request: what to ask.
    ///   - cancellation: ends it at once.
    ///   - take: given the body of an answer with status 2xx and of the wanted type piece by
    ///     piece, inflated; false ends the request.
    /// - Returns: what the answer began with, whatever its status.
    /// - Throws: `.unreachable`, `.untrusted`, `.timedOut` past a deadline, `.tooLarge`,
    ///   `.stopped`, `.failed`; the connection is closed then.
    package func send(
        _ request: HTTPRequest, cancellation: Cancellation,
        take: (UnsafeRawBufferPointer) -> Bool
    ) throws(HTTPError) -> HTTPHead {
        let result = withoutActuallyEscaping(take) { take in
            Result { () throws(HTTPError) in
                try perform(Transfer(easy.curl, request, take), request, cancellation)
            }
        }
        return try result.get()
    }

    private func perform(
        _ transfer: Transfer, _ request: HTTPRequest, _ cancellation: Cancellation
    ) throws(HTTPError) -> HTTPHead {
        let operation = request.url
        var headers: UnsafeMutablePointer<curl_slist>?
        // Never ask for leave to send: it costs a round trip, and proxies do not all answer.
        for line in request.headers + ["Expect:"] {
            headers = syncd_curl_slist_append(headers, line)
        }
        defer { syncd_curl_slist_free_all(headers) }
        var words = [CChar](repeating: 0, count: Int(CURL_ERROR_SIZE) + 1)
        let outcome = words.withUnsafeMutableBufferPointer { words in
            Result { () throws(HTTPError) -> CURLcode in
                try prepare(request, transfer, headers, words.baseAddress)
                defer { easy.reset() }
                let multi = UnsafeMutableRawPointer(self.multi)
                guard syncd_curl_multi_add_handle(multi, easy.curl) == CURLM_OK else {
                    throw HTTPError(.failed, operation, "libcurl takes no request")
                }
                defer { syncd_curl_multi_remove_handle(multi, easy.curl) }
                return try wait(transfer, request, cancellation)
            }
        }
        let code = try outcome.get()
        if let failure = transfer.failure {
            throw HTTPError(failure.code, operation, failure.words)
        }
        if code == CURLE_OK { return transfer.head }
        let detail = String(
            decoding: words.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        throw HTTPError(code, operation, detail)
    }

    /// Waits on the connection and on the cancellation, and watches the deadlines.
    private func wait(
        _ transfer: Transfer, _ request: HTTPRequest, _ cancellation: Cancellation
    ) throws(HTTPError) -> CURLcode {
        let multi = UnsafeMutableRawPointer(self.multi)
        let clock = ContinuousClock()
        let deadline = TransferEnd(request.deadline, slowest: request.slowest)
        var seen = transfer.progress
        var silentSince = clock.now
        while true {
            var running: Int32 = 0
            guard syncd_curl_multi_perform(multi, &running) == CURLM_OK else {
                throw HTTPError(.failed, request.url, "libcurl cannot go on")
            }
            var left: Int32 = 0
            if running == 0, let message = syncd_curl_multi_info_read(multi, &left) {
                transfer.finish()
                return message.pointee.data.result
            }
            let now = clock.now
            let end = deadline.after(transfer.progress)
            if transfer.progress != seen { (seen, silentSince) = (transfer.progress, now) }
            if now >= end {
                throw HTTPError(.timedOut, request.url, deadline.words)
            }
            let silentEnd =
                silentSince + max(options.stall, transfer.isBegun ? .zero : options.connect)
            if now >= silentEnd {
                throw HTTPError(.timedOut, request.url, "not a byte for \(options.stall)")
            }
            var look = curl_waitfd(
                fd: cancellation.descriptor, events: Int16(CURL_WAIT_POLLIN), revents: 0)
            let patience = min(end, silentEnd) - now
            let most = Int32(min(max(1, patience / .milliseconds(1)), 60_000))
            let extra: UInt32 = cancellation.descriptor >= 0 ? 1 : 0
            syncd_curl_multi_poll(multi, &look, extra, most, nil)
            if extra > 0 && cancellation.isCancelled {
                throw HTTPError(.stopped, request.url, "it was cancelled")
            }
        }
    }

    private func prepare(
        _ request: HTTPRequest, _ transfer: Transfer,
        _ headers: UnsafeMutablePointer<curl_slist>?, _ words: UnsafeMutablePointer<CChar>?
    ) throws(HTTPError) {
        let isLoopback = HTTPHost(of: request.url)?.isLoopback ?? false
        var codes = [
            easy.set(CURLOPT_URL, request.url),
            easy.set(CURLOPT_PROTOCOLS_STR, isLoopback ? "https,http" : "https"),
            easy.set(CURLOPT_FOLLOWLOCATION, 0),
            easy.set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2)),
            easy.set(CURLOPT_SSL_VERIFYPEER, 1),
            easy.set(CURLOPT_SSL_VERIFYHOST, 2),
            easy.set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS)),
            easy.set(CURLOPT_ACCEPT_ENCODING, "gzip"),
            easy.set(CURLOPT_NETRC, Int(CURL_NETRC_IGNORED.rawValue)),
            easy.set(CURLOPT_NOSIGNAL, 1),
            // Hosts tell git from browsers by the beginning, and GitHub's API wants a name.
            easy.set(CURLOPT_USERAGENT, "git/2.0 (syncd)"),
            easy.set(CURLOPT_QUICK_EXIT, 1),
            easy.set(CURLOPT_TCP_KEEPALIVE, 1),
            easy.set(CURLOPT_CONNECTTIMEOUT_MS, max(1, Int(options.connect / .milliseconds(1)))),
            easy.set(CURLOPT_HTTPHEADER, pointer: headers),
            easy.set(CURLOPT_ERRORBUFFER, pointer: words),
        ]
        if isLoopback { codes.append(easy.set(CURLOPT_NOPROXY, "*")) }
        if let file = options.authorities { codes.append(easy.set(CURLOPT_CAINFO, file)) }
        if let directory = options.authoritiesDirectory {
            codes.append(easy.set(CURLOPT_CAPATH, directory))
        }
        if let login = request.login {
            // CURLAUTH_BASIC, a macro that Swift does not see.
            codes.append(easy.set(CURLOPT_HTTPAUTH, 1 << 0))
            codes.append(easy.set(CURLOPT_USERNAME, login.user))
            codes.append(easy.set(CURLOPT_PASSWORD, login.password))
        }
        codes += transfer.attach(to: easy)
        if let code = codes.first(where: { $0 != CURLE_OK }) {
            throw HTTPError(code, request.url, "")
        }
    }
}

/// The host of a URL.
package struct HTTPHost: Sendable, Equatable {
    /// `https` or `http`, in lower case.
    package let scheme: String
    /// In lower case; an IPv6 address without its brackets.
    package let name: String
    /// The port, where the URL names none its scheme's.
    package let port: Int
    /// Whether the URL names a login.
    package let hasLogin: Bool

    /// Reads the beginning of a URL; nil when it is none of `https` or `http`, or has no host, and
    /// for a backslash before the path: to some that ends the host, to others it is a login's.
    package init?(of url: String) {
        guard let mark = url.firstRange(of: "://") else { return nil }
        scheme = url[..<mark.lowerBound].lowercased()
        guard scheme == "https" || scheme == "http" else { return nil }
        var rest = url[mark.upperBound...].prefix { !"/?#".contains($0) }
        if rest.contains("\\") { return nil }
        hasLogin = rest.contains("@")
        if let at = rest.lastIndex(of: "@") { rest = rest[rest.index(after: at)...] }
        var digits = Substring()
        if rest.hasPrefix("["), let close = rest.firstIndex(of: "]") {
            digits = rest[rest.index(after: close)...]
            rest = rest[rest.index(after: rest.startIndex)..<close]
        } else if let colon = rest.firstIndex(of: ":") {
            (rest, digits) = (rest[..<colon], rest[colon...])
        }
        guard !rest.isEmpty, digits.isEmpty || digits.hasPrefix(":") else { return nil }
        name = rest.lowercased()
        guard let port = digits.count < 2 ? (scheme == "https" ? 443 : 80) : Int(digits.dropFirst())
        else { return nil }
        self.port = port
    }

    /// Whether it is this machine.
    package var isLoopback: Bool {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        let isIPv4 = parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
        return name == "localhost" || name == "::1" || isIPv4
    }
}
