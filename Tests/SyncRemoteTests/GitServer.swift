import Foundation
import SyncModel
import SyncRemote
import Testing

/// A real server, started by `Tests/EndToEnd/servers.py`, that serves a fixture's remote. Ends
/// with the fixture.
final class GitServer {
    private let process = Process()
    private let input = Pipe()
    private let log: String
    let base: String
    let environment: [String: String]

    /// A way to speak to it; each also without version 2 of the protocol.
    enum Wire: String, CaseIterable {
        case https, https0, ssh, ssh0, https1

        var options: String {
            switch self {
            case .https, .ssh: "{}"
            // Version 1.1 of HTTP, that is.
            case .https1: #"{"http2": false}"#
            case .https0: #"{"protocol": "version=0"}"#
            case .ssh0: #"{"accept_protocol": false}"#
            }
        }
    }

    /// - Parameter options: keyword arguments of the Python class, as JSON.
    init(_ wire: Wire, _ fixture: RemoteFixture, options: String? = nil) throws {
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("EndToEnd/servers.py").path
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "python3", "-B", script, wire.rawValue.filter(\.isLetter), fixture.path + "/server",
            fixture.path, options ?? wire.options,
        ]
        let output = Pipe()
        (process.standardInput, process.standardOutput) = (input, output)
        try process.run()
        var line = Data()
        while !line.contains(0x0a) {
            let more = output.fileHandleForReading.availableData
            try #require(!more.isEmpty, "the server did not start")
            line += more
        }
        struct Place: Decodable {
            let base: String
            let environment: [String: String]
            let log: String
        }
        let place = try JSONDecoder().decode(Place.self, from: line)
        (base, environment, log) = (place.base, place.environment, place.log)
    }

    deinit {
        do { try input.fileHandleForWriting.close() } catch { Issue.record("\(error)") }
        process.waitUntilExit()
    }

    /// The requests so far, as nginx logs them.
    var requests: [[String]] {
        let text = FileManager.default.contents(atPath: log) ?? Data()
        return String(decoding: text, as: UTF8.self).split(separator: "\n")
            .map { $0.split(separator: " ").map(String.init) }
    }

    /// The requests after the first `known`, once there are `count`: nginx logs a request when it
    /// is over, which may be after its answer came.
    func requests(after known: Int, count: Int) throws -> [[String]] {
        let deadline = ContinuousClock.now + .seconds(10)
        while requests.count < known + count {
            try #require(
                ContinuousClock.now < deadline, "there are only \(requests.count) requests")
            usleep(5_000)
        }
        return Array(requests.dropFirst(known))
    }

    /// The way of a device to the fixture's remote.
    func remote(
        _ device: String, _ fixture: RemoteFixture, path: String = "remote.git",
        auth: Configuration.Auth? = nil, more: [String: String] = [:],
        patience: Duration = .seconds(10), memory: Duration = Limits.serverMemory,
        url: (String) -> String = { $0 },
        unpublished: @escaping @Sendable (RepositoryError?) -> Void = { _ in }
    ) throws -> NetworkRemote {
        var options = NetworkRemote.Options(environment: environment)
        options.environment.merge(["PATH": "/usr/bin:/bin", "HOME": fixture.path]) { $1 }
        options.environment.merge(more) { $1 }
        (options.patience, options.memory) = (patience, memory)
        if let auth {
            options.auth = auth
        } else {
            options.environment["SYNC_TEST_TOKEN"] = "canary-token-4f1d"
            options.auth.tokenEnvironment = "SYNC_TEST_TOKEN"
        }
        return NetworkRemote(
            local: fixture.local(device), url: try RemoteURL(url("\(base)/\(path)")),
            branch: "sync", device: device, options: options, unpublished: unpublished)
    }
}
