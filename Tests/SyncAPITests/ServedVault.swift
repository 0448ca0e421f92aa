internal import Foundation
internal import Logging
internal import SyncEngine
internal import SyncModel
internal import SyncStore
internal import Synchronization

import Testing

@testable import SyncAPI

/// A vault without a remote in a temporary directory, with its routes.
final class ServedVault: Sendable {
    let directory: String
    let configuration: Configuration
    let service: VaultService
    /// What a reload says next, and how often one was asked for.
    let reload = Mutex<(answer: SyncRoutes.Reload, count: Int)>((.unchanged, 0))

    init() throws {
        // Short, because a UNIX socket's path holds 107 bytes.
        directory = "/tmp/api-\(UInt32.random(in: .min ... .max))"
        try FileManager.default.createDirectory(
            atPath: directory + "/folder", withIntermediateDirectories: true)
        configuration = Configuration(
            device: "ada", repository: directory + "/r.git",
            folders: [.init(path: directory + "/folder", prefix: TreePath("notes"))],
            stateDirectory: directory + "/state", socket: directory + "/run/s.sock")
        service = try VaultService(configuration, log: Self.silent)
    }

    deinit { #expect(throws: Never.self) { try FileManager.default.removeItem(atPath: directory) } }

    static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// The routes over a store of their own each time.
    var routes: SyncRoutes {
        get throws {
            let store = try ServiceStore(configuration.stateDirectory + "/service.db")
            return try SyncRoutes(service, store, file: "/etc/vault.toml", log: Self.silent) {
                [self] in
                reload.withLock { state in
                    state.count += 1
                    return state.answer
                }
            }
        }
    }

    func write(_ name: String, _ text: String) throws {
        try text.write(
            toFile: "\(directory)/folder/\(name)", atomically: false, encoding: .utf8)
    }
}
