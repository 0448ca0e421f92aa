import Foundation
import Logging
import SyncModel
import Testing

@testable import SyncEngine

@Suite("A service whose state store turns out to be damaged")
struct RebuiltStateStoreTests {
    /// A vault on real files, without a remote, beside a directory for hooks.
    private final class Scene {
        let directory: URL
        let service: VaultService

        init() throws {
            directory = URL(filePath: "/tmp/syncd-rebuilt-\(UInt64.random(in: 0 ... .max))")
            for name in ["notes", "hooks"] {
                try FileManager.default.createDirectory(
                    at: directory.appending(path: name), withIntermediateDirectories: true)
            }
            var configuration = Configuration(
                device: "linden", repository: directory.path + "/vault.git",
                folders: [.init(path: directory.path + "/notes", prefix: TreePath("notes"))],
                stateDirectory: directory.path + "/state", socket: directory.path + "/sock")
            configuration.hooksDirectory = directory.path + "/hooks"
            configuration.file = directory.path + "/config.toml"
            service = try VaultService(configuration, log: Logger(label: "linden"))
        }

        deinit { #expect(throws: Never.self) { try FileManager.default.removeItem(at: directory) } }

        func write(_ name: String, _ text: String) throws {
            try Data(text.utf8).write(to: directory.appending(path: name))
        }

        /// Puts a hook there that holds everything back.
        func holdAll() throws {
            try write("hooks/pre-commit", "#!/bin/sh\ncat > /dev/null\nexit 1\n")
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o700],
                ofItemAtPath: directory.appending(path: "hooks/pre-commit").path)
        }

        func damage() async {
            await service.fail(StateStoreError(.corrupt, "read", "a page is damaged"))
        }
    }

    @Test("still asks the hook before a commit, and knows whose vault it is")
    func hook() async throws {
        let scene = try Scene()
        try scene.write("notes/first", "1")
        #expect(await scene.service.sync() == .inSync)
        #expect(try await scene.service.hasCommitted("notes/first"))

        await scene.damage()
        #expect(try await scene.service.owner() == scene.service.configuration.file)
        try scene.holdAll()
        try scene.write("notes/secret", "2")
        _ = await scene.service.sync()
        #expect(try await !scene.service.hasCommitted("notes/secret"))
        // Nobody knows any more that the first passed before.
        let held = try await scene.service.quarantined().map(\.path.text)
        #expect(held == ["notes/first", "notes/secret"])
    }

    @Test("tries again where another one cannot be begun")
    func again() async throws {
        let scene = try Scene()
        try scene.write("notes/first", "1")
        #expect(await scene.service.sync() == .inSync)
        // Its directory is away, as that of a disk that fell out.
        let (state, away) = (scene.directory.path + "/state", scene.directory.path + "/away")
        try FileManager.default.moveItem(atPath: state, toPath: away)
        try scene.write("state", "")
        await scene.damage()
        #expect(await scene.service.isWithoutStore)
        try FileManager.default.removeItem(atPath: state)
        try FileManager.default.moveItem(atPath: away, toPath: state)

        try scene.write("notes/second", "2")
        // The first meets what stands in, and has another one begun.
        _ = await scene.service.sync()
        #expect(await !scene.service.isWithoutStore)
        #expect(await scene.service.sync() == .inSync)
        #expect(try await scene.service.hasCommitted("notes/second"))
        #expect(await scene.service.board.status.state == .inSync)
    }
}

extension VaultService {
    fileprivate func hasCommitted(_ name: String) throws -> Bool {
        let tree = try vault.repository.tree(of: vault.head())
        let path = try #require(TreePath(name))
        return try TreeDiff.file(at: path, of: tree, reading: vault.repository) != nil
    }

    fileprivate var isWithoutStore: Bool { vault.store is UnavailableStateStore }

    fileprivate func owner() throws -> String? { try vault.store.fact("configuration") }
}
