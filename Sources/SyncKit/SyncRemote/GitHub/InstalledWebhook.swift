internal import FoundationEssentials
package import SyncModel

/// What a device remembers of the webhook that it had GitHub make: `webhook.json` of the state
/// directory. The daemon asks for the deliveries that it missed.
package struct InstalledWebhook: Sendable, Codable, Equatable {
    /// GitHub's number of it.
    package let id: Int
    /// Where it delivers.
    package let url: String
    /// The repository's URL, as the configuration had it.
    package let remote: String
    /// Since when deliveries are looked at, ISO 8601 in UTC.
    package let since: String

    package init(_ installed: GitHubWebhook.Installed, remote: String, since: Timestamp) {
        (id, url, self.remote) = (installed.id, installed.url, remote)
        self.since = since.iso8601
    }

    private static let file = "/webhook.json"

    /// Reads it.
    /// - Returns: nil when there is none.
    /// - Throws: `RemoteError` `.io` when it cannot be read.
    package static func read(_ stateDirectory: String) throws(RemoteError) -> InstalledWebhook? {
        let path = stateDirectory + file
        if !FileManager.default.fileExists(atPath: path) { return nil }
        do {
            return try JSONDecoder().decode(
                Self.self,
                from: Data(try RegularFile.content(path, upTo: Limits.requestBytes)))
        } catch {
            throw RemoteError(
                .io, "read \(path)", "\(error)", hint: "syncctl webhook install writes it anew")
        }
    }

    /// Writes it, in place of the one before.
    /// - Throws: `RemoteError` `.io`.
    package func write(_ stateDirectory: String) throws(RemoteError) {
        let path = stateDirectory + Self.file
        do {
            try FileManager.default.createDirectory(
                atPath: stateDirectory, withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700])
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            try encoder.encode(self).write(to: URL(filePath: path), options: .atomic)
        } catch { throw RemoteError(.io, "write \(path)", "\(error)") }
    }
}
