internal import CCurl
internal import Glibc

/// One easy handle of libcurl. Freed by `deinit`.
struct CurlHandle: ~Copyable {
    private let handle: OpaquePointer

    /// Why libcurl is not there; nil when it is. Nothing of it is called before.
    private static let complaint: String? = {
        if let words = syncd_curl_load() {
            return "libcurl cannot be loaded: \(String(cString: words))"
        }
        // libcurl and TLS write to sockets that the other side may have closed.
        signal(SIGPIPE, SIG_IGN)
        return syncd_curl_global_init(Int(CURL_GLOBAL_ALL)) == CURLE_OK
            ? nil : "libcurl cannot be started"
    }()

    init(_ operation: String) throws(HTTPError) {
        if let complaint = Self.complaint { throw HTTPError(.failed, operation, complaint) }
        guard let handle = syncd_curl_easy_init() else {
            throw HTTPError(.failed, operation, "libcurl cannot be started")
        }
        self.handle = OpaquePointer(handle)
    }

    deinit { syncd_curl_easy_cleanup(curl) }

    var curl: UnsafeMutableRawPointer { UnsafeMutableRawPointer(handle) }

    /// Forgets all options; connections stay.
    func reset() { syncd_curl_easy_reset(curl) }

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
