internal import SyncModel

/// How the daemon can be asked from elsewhere, and whom it follows.
extension Configuration {
    mutating func readHTTP(_ table: [String: TOMLNode], _ reader: inout ConfigurationReader) {
        http.listen =
            reader.value(
                table, ["http", "listen"],
                expected: "\"HOST:PORT\", such as \"127.0.0.1:8390\", or \"\" for no TCP"
            ) { Value.isListenAddress($0) ? $0 : nil } ?? http.listen
        http.webhookSecretFile = reader.path(table, ["http", "webhook_secret_file"])
        http.hosts =
            reader.list(
                table, ["http", "hosts"], expected: "a host's name, such as \"vps.example\""
            ) { Value.isHostName($0) ? $0.lowercased() : nil } ?? []
        http.certificate = reader.path(table, ["http", "certificate"])
        http.key = reader.path(table, ["http", "key"])
        http.behindProxy =
            reader.list(
                table, ["http", "behind_proxy"],
                expected: "an address or a range, such as \"127.0.0.1/32\"",
                AddressRange.init
            ) ?? []
        let (certificate, key) = (table["certificate"], table["key"])
        if (certificate == nil) != (key == nil) {
            reader.note(
                ["http", certificate == nil ? "key" : "certificate"],
                "expected \(certificate == nil ? "certificate" : "key") beside it")
        }
        if !Value.isLoopback(http.listen), certificate == nil, http.behindProxy.isEmpty {
            reader.note(
                ["http", "listen"],
                "expected an address of this machine alone, such as \"127.0.0.1:8390\", or "
                    + "certificate and key for TLS, or behind_proxy with the proxy's address")
        }
    }

    mutating func readUpstream(
        _ table: [String: TOMLNode], _ reader: inout ConfigurationReader
    ) {
        let tokenFile = reader.path(table, ["upstream", "token_file"])
        let events = reader.value(
            table, ["upstream", "events"],
            expected: "an https:// URL without a password; http:// to this machine alone",
            { Value.isEventsURL($0) ? $0 : nil })
        if let events {
            upstream = Upstream(events: events, tokenFile: tokenFile)
        } else if tokenFile != nil, table["events"] == nil {
            reader.note(["upstream", "token_file"], "expected events beside it")
        }
    }
}
