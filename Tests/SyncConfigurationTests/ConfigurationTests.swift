import SyncModel
import Testing

@testable import SyncConfiguration

@Suite("A configuration") struct ConfigurationTests {
    @Test("that says only where the folder is has the defaults")
    func defaults() throws {
        let home = Home()
        home.write("[[folder]]\npath = \"~/notes\"\n".utf8)
        let loaded = try home.load()
        var expected = Configuration(
            device: "laptop", repository: home.path + "/.local/share/syncd/default.git",
            folders: [.init(path: home.path + "/notes", prefix: nil)],
            stateDirectory: home.path + "/.local/state/syncd/default",
            socket: home.path + "/.local/state/syncd/default/syncd.sock")
        expected.vault = "default"
        expected.file = home.file
        expected.hooksDirectory = home.path + "/hooks"
        #expect(loaded == expected)
        #expect(loaded.branch == "sync")
        #expect(loaded.remote == nil)
        #expect(loaded.sync.quiet == .milliseconds(300))
        #expect(loaded.sync.maxWait == .seconds(5))
        #expect(loaded.sync.poll == .seconds(30))
        #expect(loaded.sync.fullScan == .seconds(900))
        #expect(loaded.sync.maxDeletesPercent == 50)
        #expect(loaded.http.listen == "127.0.0.1:8390")
    }

    @Test("takes every key")
    func everyKey() throws {
        let home = Home()
        home.write(
            """
            vault = "work"
            [device]
            name = "laptop-2"                       # a comment
            [repository]
            path   = "~/r.git"
            branch = "team/notes"
            remote = "git@github.com:me/notes.git"
            [[folder]]
            path   = "~/knowledge/"
            prefix = "shared/documents"
            [[folder]]
            path   = "/mem0"
            prefix = 'shared/memories'
            ignore = ["vectors/", "*.tmp"]
            [sync]
            quiet     = "250ms"
            max_wait  = "7s"
            poll      = "2m"
            pushes    = 600
            full_scan = "1h"
            max_deletes = "0%"
            [commit]
            sign = "ssh"
            signing_key = "~/.ssh/id"
            require_signed = true
            trusted = "0123456789abcdef0123456789abcdef01234567"
            [auth]
            token_env     = "GITHUB_TOKEN"
            token_file    = "~/token"
            token_command = "vault kv get -field=token secret/github"
            [http]
            listen = "[::1]:0"
            webhook_secret_file = "~/secret"
            """.utf8)
        let loaded = try home.load(environment: [
            "XDG_RUNTIME_DIR": "/run/user/7/", "XDG_STATE_HOME": "/var/s",
            "XDG_DATA_HOME": "ignored",
        ])
        var expected = Configuration(
            device: "laptop-2", repository: home.path + "/r.git",
            folders: [
                .init(path: home.path + "/knowledge", prefix: TreePath("shared/documents")),
                .init(
                    path: "/mem0", prefix: TreePath("shared/memories"),
                    ignore: ["vectors/", "*.tmp"]),
            ], stateDirectory: "/var/s/syncd/work", socket: "/run/user/7/syncd/work.sock")
        (expected.vault, expected.branch, expected.file) = ("work", "team/notes", home.file)
        expected.hooksDirectory = home.path + "/hooks"
        expected.commit.sign = .ssh
        expected.commit.signingKey = home.path + "/.ssh/id"
        expected.commit.requireSigned = true
        expected.commit.trusted = ObjectID(hex: "0123456789abcdef0123456789abcdef01234567")
        expected.remote = "git@github.com:me/notes.git"
        expected.sync.quiet = .milliseconds(250)
        expected.sync.maxWait = .seconds(7)
        expected.sync.poll = .seconds(120)
        expected.sync.pushes = 600
        expected.sync.fullScan = .seconds(3_600)
        expected.sync.maxDeletesPercent = 0
        expected.auth.tokenEnvironment = "GITHUB_TOKEN"
        expected.auth.tokenFile = home.path + "/token"
        expected.auth.tokenCommand = "vault kv get -field=token secret/github"
        expected.http.listen = "[::1]:0"
        expected.http.webhookSecretFile = home.path + "/secret"
        #expect(loaded == expected)
    }

    @Test("stands where the XDG variables say, if they are absolute")
    func places() {
        let set = DefaultPaths(
            environment: ["XDG_CONFIG_HOME": "/c", "XDG_DATA_HOME": "/d/"], home: "/h")
        #expect(set.configuration == "/c/syncd/config.toml")
        #expect(set.repository(vault: "v") == "/d/syncd/v.git")
        let unset = DefaultPaths(
            environment: ["XDG_CONFIG_HOME": "", "XDG_RUNTIME_DIR": "run"], home: "/h")
        #expect(unset.configuration == "/h/.config/syncd/config.toml")
        #expect(unset.socket(vault: "v") == "/h/.local/state/syncd/v/syncd.sock")
    }

    @Test(
        "a socket stands where the system lets it, at one place for one vault",
        arguments: [(10, 10), (100, 10), (98, 200), (200, 20), (200, 200)])
    func sockets(runtime: Int, home: Int) {
        func place(_ vault: String) -> String {
            DefaultPaths(
                environment: ["XDG_RUNTIME_DIR": "/" + String(repeating: "r", count: runtime)],
                home: "/" + String(repeating: "h", count: home)
            ).socket(vault: vault)
        }
        let names = ["default", "other", String(repeating: "v", count: 64)]
        for name in names {
            #expect(place(name).utf8.count <= Limits.socketPathBytes)
            #expect(place(name) == place(name))
        }
        #expect(Set(names.map(place)).count == names.count)
    }

    @Test(
        "takes remotes of every form, paths made absolute",
        arguments: [
            ("https://github.com/me/notes.git", "https://github.com/me/notes.git"),
            ("ssh://git@host:22/x", "ssh://git@host:22/x"), ("host:x.git", "host:x.git"),
            ("/srv/x.git/", "/srv/x.git"), ("file:///srv/x.git", "file:///srv/x.git"),
        ])
    func remotes(written: String, read: String) throws {
        let home = Home()
        home.write("[repository]\nremote = \"\(written)\"\n[[folder]]\npath = \"/n\"".utf8)
        #expect(try home.load().remote == read)
    }

    @Test("that was written for a newcomer loads as what was asked for", arguments: [false, true])
    func roundTrip(isFull: Bool) throws {
        let home = Home()
        var expected = Configuration(
            device: "laptop", repository: home.path + "/.local/share/syncd/default.git",
            folders: [.init(path: "/n", prefix: nil)],
            stateDirectory: home.path + "/.local/state/syncd/default",
            socket: home.path + "/.local/state/syncd/default/syncd.sock")
        expected.file = home.file
        expected.hooksDirectory = home.path + "/hooks"
        var text = ConfigurationText.render(folders: expected.folders)
        if isFull {
            expected.vault = "work"
            expected.device = "d"
            expected.repository = "/r.git"
            expected.branch = "b/c"
            expected.remote = "host:x\\\"y\".git"
            expected.folders = [
                .init(path: "/with \"quotes\" and \\", prefix: TreePath("a/ü\u{1F600}")),
                .init(path: "/tab\there", prefix: TreePath("b"), ignore: ["*.o", "\\#x", "#"]),
            ]
            expected.stateDirectory = home.path + "/.local/state/syncd/work"
            expected.socket = expected.stateDirectory + "/syncd.sock"
            text = ConfigurationText.render(
                vault: "work", device: "d", repository: "/r.git", branch: "b/c",
                remote: expected.remote, folders: expected.folders)
        }
        home.write(text.utf8)
        #expect(try home.load() == expected)
    }

    @Test("has every default in the text for a newcomer")
    func commentedDefaults() throws {
        let home = Home()
        var text = ConfigurationText.render(folders: [.init(path: "/n", prefix: nil)])
        home.write(text.utf8)
        let plain = try home.load()
        for key in ["quiet", "max_wait", "poll", "full_scan", "max_deletes", "listen", "path"] {
            let parts = text.split(separator: "# \(key) ", maxSplits: 1)
            #expect(parts.count == 2, "\(key)")
            text = parts.joined(separator: "\(key) ")
        }
        home.write(text.utf8)
        #expect(try home.load() == plain)
    }

    @Test("has a word on every key in the text for a newcomer", arguments: [nil, TreePath("p")])
    func everyKey(prefix: TreePath?) throws {
        let text = ConfigurationText.render(folders: [.init(path: "/n", prefix: prefix)])
        var table = ""
        var found: Set<String> = []
        for line in text.split(separator: "\n") {
            if line.hasPrefix("[") { table = line.filter { $0 != "[" && $0 != "]" } }
            let words = line.drop { $0 == "#" || $0 == " " }
            let key = words.prefix { $0.isLetter || $0 == "_" }
            if words.dropFirst(key.count).drop(while: { $0 == " " }).first == "=" {
                found.insert("\(table).\(key)")
            }
            if prefix == nil, words.hasPrefix("without a prefix") { found.insert("folder.prefix") }
        }
        for (table, keys) in ConfigurationReader.schema {
            for key in keys where !ConfigurationReader.schema.contains(where: { $0.table == key }) {
                #expect(found.contains("\(table).\(key)"), "\(table).\(key)")
            }
        }
    }
}
