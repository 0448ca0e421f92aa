internal import SyncConfiguration

/// Which option of `init` a line of the configuration comes from: that is written for a trial, and
/// gone when somebody reads what is wrong with it.
struct PlanOptions {
    private var byLine: [Int: String] = [:]
    private let folders: [String]

    private static let byKey = [
        "vault": "--vault", "device.name": "--device", "repository.branch": "--branch",
        "repository.remote": "--remote", "auth.token_env": "--token-env",
        "auth.token_file": "--token-file", "auth.token_command": "--token-command",
    ]

    /// - Parameters:
    ///   - text: the configuration.
    ///   - folders: the directories as given, in its order.
    init(_ text: String, folders: [String]) {
        self.folders = folders
        var table = ""
        var folder = 0
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false)
            .enumerated()
        {
            if line.hasPrefix("[") {
                table = line.filter { $0 != "[" && $0 != "]" } + "."
                if table == "folder." { folder += 1 }
            }
            let key = table + line.prefix { $0 != " " && $0 != "=" }
            byLine[index + 1] = option(table == "folder." ? "folder[\(folder)]" : key)
        }
    }

    /// What is wrong, by the option.
    func words(_ problem: ConfigurationError.Problem) -> String {
        // Of two that clash the other is said by its line.
        let message = problem.message.replacing(/line (\d+)/) { found in
            Int(found.1).flatMap { byLine[$0] } ?? String(found.0)
        }
        let place = problem.key.flatMap(option) ?? problem.line.flatMap { byLine[$0] }
        return (place ?? problem.key).map { "\($0): \(message)" } ?? message
    }

    private func option(_ key: String) -> String? {
        guard key.hasPrefix("folder[") else { return Self.byKey[key] }
        guard let number = Int(key.dropFirst(7).prefix { $0 != "]" }),
            folders.indices.contains(number - 1)
        else { return "--folder" }
        return "--folder \(folders[number - 1])"
    }
}
