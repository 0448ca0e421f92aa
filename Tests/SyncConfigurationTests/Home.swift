import Glibc
import SyncModel

@testable import SyncConfiguration

/// A temporary home directory with a configuration file.
final class Home: Sendable {
    let path: String
    var file: String { path + "/config.toml" }

    init() {
        var template = Array("/tmp/config-XXXXXX".utf8CString)
        path = String(cString: mkdtemp(&template)!)
    }

    deinit { system("rm -rf '\(path)'") }

    func write(_ bytes: some Sequence<UInt8>) {
        let stream = fopen(file, "w")!
        let bytes = Array(bytes)
        fwrite(bytes, 1, bytes.count, stream)
        fclose(stream)
    }

    /// Loads the file written last.
    func load(
        environment: [String: String] = [:], hostName: String = "laptop"
    ) throws(ConfigurationError) -> Configuration {
        try Configuration.load(
            path: file, environment: environment, hostName: hostName, home: path)
    }

    /// The messages for a text, the file's name left out and the home written as `~`.
    func problems(
        _ text: String, environment: [String: String] = [:], hostName: String = "laptop"
    ) -> [String] {
        write(text.utf8)
        do throws(ConfigurationError) {
            _ = try load(environment: environment, hostName: hostName)
            return []
        } catch {
            return error.problems.map { problem in
                String(problem.description.dropFirst(file.count + 1))
                    .split(separator: path, omittingEmptySubsequences: false).joined(separator: "~")
            }
        }
    }
}
