internal import CCurl
internal import Glibc

/// One easy handle of libcurl. Freed by `deinit`.
struct CurlHandle: ~Copyable {
    private let handle: OpaquePointer

    private static let started: CURLcode = {
        // libcurl and TLS write to sockets that the other side may have closed.
        signal(SIGPIPE, SIG_IGN)
        return curl_global_init(Int(CURL_GLOBAL_ALL))
    }()

    init(_ operation: String) throws(HTTPError) {
        guard Self.started == CURLE_OK, let handle = curl_easy_init() else {
            throw HTTPError(.failed, operation, "libcurl cannot be started")
        }
        self.handle = OpaquePointer(handle)
    }

    deinit { curl_easy_cleanup(curl) }

    var curl: UnsafeMutableRawPointer { UnsafeMutableRawPointer(handle) }

    /// Forgets all options; connections stay.
    func reset() { curl_easy_reset(curl) }

    /// Sets an option; libcurl copies the text.
    func set(_ option: CURLoption, _ text: String) -> CURLcode {
        text.withCString { syncd_curl_set_pointer(curl, option, $0) }
    }

    func set(_ option: CURLoption, _ value: Int) -> CURLcode {
        syncd_curl_set_long(curl, option, value)
    }

    func set(_ option: CURLoption, pointer: UnsafeRawPointer?) -> CURLcode {
        syncd_curl_set_pointer(curl, option, pointer)
    }

    func number(_ information: CURLINFO) -> Int {
        var value = 0
        return syncd_curl_get_long(curl, information, &value) == CURLE_OK ? value : 0
    }

    func text(_ information: CURLINFO) -> String? {
        var value: UnsafePointer<CChar>?
        guard syncd_curl_get_string(curl, information, &value) == CURLE_OK else { return nil }
        return value.map { String(cString: $0) }
    }
}
