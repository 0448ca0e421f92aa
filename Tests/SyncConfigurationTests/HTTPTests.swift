import SyncModel
import Testing

@testable import SyncConfiguration

@Suite("The listener's configuration")
struct HTTPTests {
    @Test("takes names, a certificate, proxies and an upstream")
    func all() throws {
        let home = Home()
        home.write(
            """
            [http]
            listen = "0.0.0.0:8390"
            hosts = ["VPS.example", "notes.lan"]
            certificate = "/etc/c.pem"
            key = "/etc/k.pem"
            behind_proxy = ["10.0.0.0/8", "::1"]
            [upstream]
            events = "https://vps.example/api/sync/events"
            token_file = "/etc/token"
            [[folder]]
            path = "/n"
            """.utf8)
        let configuration = try home.load()
        #expect(configuration.http.hosts == ["vps.example", "notes.lan"])
        #expect(configuration.http.certificate == "/etc/c.pem")
        #expect(configuration.http.key == "/etc/k.pem")
        #expect(configuration.http.behindProxy.map { $0.contains("10.1.1.1") } == [true, false])
        #expect(configuration.upstream?.events == "https://vps.example/api/sync/events")
        #expect(configuration.upstream?.tokenFile == "/etc/token")
    }

    @Test(
        "listens beyond this machine with TLS or behind a proxy alone",
        arguments: [
            (#"listen = "0.0.0.0:1""#, false), (#"listen = "192.168.1.2:1""#, false),
            (#"listen = "[::]:1""#, false), (#"listen = "host.lan:1""#, false),
            (#"listen = "localhost:1""#, true), (#"listen = "[::1]:1""#, true),
            (#"listen = """#, true),
            ("listen = \"0.0.0.0:1\"\nbehind_proxy = [\"10.0.0.1\"]", true),
            ("listen = \"0.0.0.0:1\"\ncertificate = \"/c\"\nkey = \"/k\"", true),
        ])
    func beyond(lines: String, isTaken: Bool) {
        let problems = Home().problems("[http]\n\(lines)\n[[folder]]\npath = \"/n\"")
        #expect(problems.isEmpty == isTaken, "\(problems)")
    }

    @Test(
        "is asked at a proxy, or at its own port",
        arguments: [
            ("", nil, "http://127.0.0.1:8390"),
            ("listen = \"\"\nhosts = [\"a.b\"]", "https://a.b", nil),
            (#"hosts = ["a.b"]"#, "https://a.b", "http://127.0.0.1:8390"),
            ("hosts = [\"a.b\", \"c\"]\nbehind_proxy = [\"::1\"]", "https://a.b", "https://a.b"),
            (
                "listen = \"[::]:8443\"\nhosts = [\"a.b\"]\ncertificate = \"/c\"\nkey = \"/k\"",
                "https://a.b:8443", "https://a.b:8443"
            ),
            (
                "listen = \"0.0.0.0:443\"\nhosts = [\"a.b\"]\ncertificate = \"/c\"\nkey = \"/k\"",
                "https://a.b", "https://a.b"
            ),
            (
                "listen = \"[::]:8443\"\ncertificate = \"/c\"\nkey = \"/k\"", nil,
                "https://127.0.0.1:8443"
            ),
            (#"listen = "[::1]:1""#, nil, "http://[::1]:1"),
        ] as [(String, String?, String?)])
    func addresses(lines: String, others: String?, browser: String?) throws {
        let home = Home()
        home.write("[http]\n\(lines)\n[[folder]]\npath = \"/n\"".utf8)
        let http = try home.load().http
        #expect(http.publicURL == others)
        #expect(http.browserURL == browser)
    }

    @Test(
        "says what is wrong",
        arguments: [
            ("[http]\nhosts = \"a\"", "http.hosts: expected a list of a host's name"),
            ("[http]\nhosts = [\"10.0.0.1\"]", "http.hosts[1]: expected a host's name"),
            ("[http]\nhosts = [\"a b\"]", "http.hosts[1]: expected a host's name"),
            ("[http]\nbehind_proxy = [\"10.0.0.0/40\"]", "http.behind_proxy[1]: expected"),
            ("[http]\ncertificate = \"/c\"", "http.certificate: expected key beside it"),
            ("[http]\nkey = \"/c\"", "http.key: expected certificate beside it"),
            ("[upstream]\nevents = \"http://vps.example/e\"", "upstream.events: expected"),
            ("[upstream]\nevents = \"https://u:p@h/e\"", "upstream.events: expected"),
            ("[upstream]\ntoken_file = \"/t\"", "upstream.token_file: expected events"),
        ])
    func wrong(text: String, words: String) {
        let problems = Home().problems(text + "\n[[folder]]\npath = \"/n\"")
        #expect(problems.count == 1 && problems[0].contains(words), "\(problems)")
    }
}
