import Foundation
import Testing

@testable import syncctl

@Suite("The unit that 'syncctl service' writes")
struct ServiceUnitTests {
    @Test("is the one of packaging/, for the default vault")
    func packaged() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let file = root.appendingPathComponent("packaging/syncd.service")
        let packaged = try String(contentsOf: file, encoding: .utf8)
        #expect(ServiceUnit(program: "%h/.local/bin/syncd").text == packaged)
    }

    @Test("says where another vault is, in words that systemd reads as they are")
    func another() {
        let unit = ServiceUnit(
            vault: "work", program: "/opt/my tools/syncd", configuration: "/home/ada/50%.toml",
            variables: ["XDG_STATE_HOME": "/var/a b", "XDG_DATA_HOME": "/d/$x"])
        #expect(unit.name == "syncd-work.service")
        let lines = unit.text.split(separator: "\n").filter {
            $0.hasPrefix("ExecStart") || $0.hasPrefix("Environment")
        }
        #expect(
            lines == [
                "Environment=XDG_DATA_HOME=/d/$x", "Environment=\"XDG_STATE_HOME=/var/a b\"",
                "ExecStart=\"/opt/my tools/syncd\" run --config /home/ada/50%%.toml",
            ])
    }

    @Test(
        "quotes what systemd would take apart or expand",
        arguments: [
            ("/plain", "/plain"), ("%h/x", "%h/x"), ("/%h/x", "/%%h/x"), ("/a b", "\"/a b\""),
            ("/a\"b\\", "\"/a\\\"b\\\\\""), ("/$HOME", "/$$HOME"), ("/it's", "\"/it's\""),
        ])
    func words(text: String, word: String) {
        #expect(ServiceUnit.word(text) == word)
    }

    @Test("takes back what needs a user namespace, and that alone, where there is none")
    func narrow() {
        let unit = ServiceUnit(program: "/syncd").text
        for line in ServiceUnit.withoutNamespaces.split(separator: "\n")
        where !line.hasPrefix("#") && !line.hasPrefix("[") {
            let key = line.prefix { $0 != "=" }
            #expect(unit.contains("\n\(key)="), "\(key)")
        }
    }

    @Test("is known by what systemctl shows")
    func shown() {
        let lines = """
            LoadState=loaded
            ActiveState=active
            UnitFileState=enabled
            StatusText=in-sync: vault default on ada
            MainPID=42
            NRestarts=1
            Result=success
            FragmentPath=/u/syncd.service
            Job=0
            """
        let status = Systemctl.UnitStatus("syncd.service", lines.split(separator: "\n"))
        #expect(status.installed && status.enabled && status.pid == 42 && status.restarts == 1)
        #expect(status.status == "in-sync: vault default on ada" && !status.isMoving)
        let none = Systemctl.UnitStatus("x", ["LoadState=not-found", "MainPID=0", "Job=7"])
        #expect(!none.installed && none.pid == nil && none.active == "inactive" && none.isMoving)
    }
}
