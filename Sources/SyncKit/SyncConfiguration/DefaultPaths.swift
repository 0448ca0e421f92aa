internal import SyncModel

/// Where a vault's files stand unless the configuration says otherwise, after the XDG base
/// directory specification: a variable that is empty or not absolute counts as not set.
package struct DefaultPaths: Sendable {
    private let environment: [String: String]
    private let home: String

    /// Takes the process's environment and the user's home directory.
    package init(environment: [String: String], home: String) {
        self.environment = environment
        self.home = home
    }

    /// The configuration file.
    package var configuration: String {
        directory("XDG_CONFIG_HOME", ".config") + "/syncd/config.toml"
    }

    /// A vault's bare repository.
    package func repository(vault: String) -> String {
        directory("XDG_DATA_HOME", ".local/share") + "/syncd/\(vault).git"
    }

    /// A vault's state directory.
    package func state(vault: String) -> String {
        directory("XDG_STATE_HOME", ".local/state") + "/syncd/\(vault)"
    }

    /// A vault's control socket: in the runtime directory, or without one in the state directory;
    /// where that is more than a socket's path may have, under a short name in the runtime
    /// directory, in the state directory, or in a directory of its own below `/tmp`.
    package func socket(vault: String) -> String {
        let state = state(vault: vault)
        // Of the vault and of the user: no two have one state directory.
        let short = ObjectID(hashing: Array(state.utf8), as: .blob).hex.prefix(12)
        var places = ["\(state)/syncd.sock"]
        if let runtime = variable("XDG_RUNTIME_DIR") {
            places = ["\(runtime)/syncd/\(vault).sock", "\(runtime)/syncd/\(short).sock"] + places
        }
        return places.first { $0.utf8.count <= Limits.socketPathBytes }
            ?? "/tmp/syncd-\(short)/sock"
    }

    private func directory(_ name: String, _ fallback: String) -> String {
        variable(name) ?? "\(home)/\(fallback)"
    }

    private func variable(_ name: String) -> String? {
        guard let value = environment[name], value.hasPrefix("/") else { return nil }
        let names = value.split(separator: "/")
        return names.isEmpty ? nil : "/" + names.joined(separator: "/")
    }
}
