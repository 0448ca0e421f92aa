import Glibc
import SyncModel
import Testing

@testable import SyncConfiguration

@Suite("A mistake in the configuration") struct MistakeTests {
    @Test("is named", arguments: mistakenKeys + mistakenValues + mistakenPlaces)
    private func named(mistake: Mistake) {
        let home = Home()
        system("ln -s . \(home.path)/link; mkdir \(home.path)/notes")
        let environment = mistake.environment.mapValues {
            $0.hasPrefix("~") ? home.path + $0.dropFirst() : $0
        }
        #expect(home.problems(mistake.text, environment: environment) == mistake.messages)
    }

    @Test("does not hide the others, and they come in the order of the lines")
    func all() {
        let text = """
            vault = ".hidden"
            [sync]
            poll = "now"
            [[folder]]
            path = "relative"
            [device]
            nam = "x"
            """
        #expect(
            Home().problems(text).map { $0.prefix { $0 != " " } } == ["1:", "3:", "5:", "7:"])
    }

    @Test("may be the host name")
    func hostName() {
        #expect(
            Home().problems("[[folder]]\npath = \"/n\"", hostName: "a b") == [
                " device.name: the host name \"a b\" will not do: expected \(deviceRule)"
            ])
    }

    @Test("may be a missing file")
    func missing() {
        let error = #expect(throws: ConfigurationError.self) {
            try Configuration.load(
                path: nil, environment: ["XDG_CONFIG_HOME": "/nowhere"], hostName: "h", home: "/")
        }
        #expect(
            error?.description == "/nowhere/syncd/config.toml: there is no configuration here: "
                + "run 'syncctl init' to make one")
    }

    @Test("may be a directory, bytes that are no UTF-8, or too many")
    func unreadable() {
        let home = Home()
        home.write(Array("vault = \"v\"\n# ".utf8) + [0xff, 0x0a])
        #expect(throws: ConfigurationError.self) { try home.load() }
        do { _ = try home.load() } catch {
            #expect(error.description == "\(home.file):2: expected UTF-8 text")
        }
        home.write(Array(repeating: 0x0a, count: Limits.configurationBytes + 1))
        do { _ = try home.load() } catch {
            #expect(error.description == "\(home.file): expected at most 1024 KiB")
        }
        system("rm \(home.file); mkdir \(home.file)")
        do { _ = try home.load() } catch {
            #expect(error.description == "\(home.file): cannot be read: Is a directory")
        }
    }

    @Test("may be one folder too many")
    func manyFolders() {
        let text = (0...Limits.folders).map {
            "[[folder]]\npath = \"/f/\($0)\"\nprefix = \"p\($0)\"\n"
        }.joined()
        #expect(Home().problems(text) == ["1: folder: expected at most 64 folders"])
    }
}
