import Glibc
import Logging
import SyncModel
import Testing

@testable import SyncKit

@Suite("What a service manager is told")
struct ServiceNotifierTests {
    @Test(
        "only a UNIX socket's name is one",
        arguments: [
            ("/run/notify", true), ("@abstract", true), (nil, false), ("", false),
            ("vsock:2:1", false), ("relative", false),
            ("/" + String(repeating: "x", count: 108), false),
        ] as [(String?, Bool)])
    func names(name: String?, isOne: Bool) {
        #expect((NotifySocket(name) != nil) == isOne)
    }

    @Test("nobody who listens is no failure")
    func nobody() throws {
        let socket = try #require(NotifySocket("/nonexistent/notify"))
        #expect(!socket.send(["READY=1"]))
    }

    @Test(
        "the watchdog is fed for this process alone",
        arguments: [
            (["WATCHDOG_USEC": "3000000"], 3_000), (["WATCHDOG_USEC": "0"], nil), ([:], nil),
            (["WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "7"], 3_000),
            (["WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "8"], nil),
            (["WATCHDOG_USEC": "soon"], nil),
        ] as [([String: String], Int?)])
    func watchdog(environment: [String: String], milliseconds: Int?) {
        let expected = milliseconds.map { Duration.milliseconds($0) }
        #expect(ServiceNotifier.watchdog(environment, of: 7) == expected)
    }

    @Test("a status is one line: the state, and what is first in the way")
    func words() {
        var status = VaultStatus(vault: "default", device: "ada")
        status.state = .inSync
        #expect(ServiceNotifier.words(status) == "in-sync: vault default on ada")
        status.state = .offline
        status.notices = ["the remote\nis away", "more"]
        #expect(ServiceNotifier.words(status) == "offline: the remote\\nis away")
    }

    @Test("the journal is known by its file")
    func journal() {
        #expect(Journal.isStream("8:4711", device: 8, inode: 4711))
        #expect(!Journal.isStream("8:4711", device: 9, inode: 4711))
        #expect(!Journal.isStream("", device: 8, inode: 4711))
        let marks = Logger.Level.allCases.map(Journal.mark)
        #expect(marks == ["<7>", "<7>", "<6>", "<5>", "<4>", "<3>", "<3>"])
    }
}
