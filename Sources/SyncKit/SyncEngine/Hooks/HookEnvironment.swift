internal import SyncModel

/// What a hook finds in its environment: what a program needs to find its way, and no secret. A
/// list of what goes, because nobody knows under which names secrets stand.
enum HookEnvironment {
    private static let names: Set<String> = [
        "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TMPDIR",
        "DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "DBUS_SESSION_BUS_ADDRESS",
        "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR",
        "XDG_CURRENT_DESKTOP", "XDG_SESSION_TYPE",
    ]

    /// The environment of a hook.
    /// - Parameter whole: this process's own.
    static func of(_ hook: HookName, _ configuration: Configuration, from whole: [String: String])
        -> [String: String]
    {
        var environment = whole.filter { names.contains($0.key) || $0.key.hasPrefix("LC_") }
        // Where the configuration takes the token from one of these names.
        if let name = configuration.auth.tokenEnvironment { environment[name] = nil }
        environment["SYNCD_HOOK"] = hook.rawValue
        environment["SYNCD_VAULT"] = configuration.vault
        return environment
    }
}
