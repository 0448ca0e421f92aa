internal import Glibc
package import SyncConfiguration
internal import SyncGit
internal import SyncHistory
package import SyncModel
internal import SyncRemote

/// The system lets the process have too few files open.
package struct TooFewFiles: Error, Equatable, CustomStringConvertible {
    /// How many it may have.
    let allowed: Int
    /// How many it needs.
    let least: Int

    package var description: String {
        "the system lets this program open only \(allowed) files, and it needs \(least): raise the "
            + "limit (ulimit -n, or LimitNOFILE= of a systemd unit)"
    }
}

/// What a program finds around it: the environment, the host's name, the user's home.
package struct Machine: Sendable {
    /// The process's variables as they were when it started.
    package let environment: [String: String]
    /// At most 255 bytes; `localhost` when the system does not say.
    package let hostName: String
    /// Absolute, without a trailing slash.
    package let home: String

    /// Lets the process leave no core dump: one would hold the remote's token.
    package static func forbidCoreDumps() {
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        _ = setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
    }

    /// Lets the process read, write and enter what it makes, whatever the umask says of others: a
    /// file without its owner's rights, as an update would leave it, looks like an edit.
    package static func keepOwnersRights() { umask(umask(0) & ~0o700) }

    /// Lets the process have as many files open as the system allows it: a repository has a file
    /// for each pack, and while nothing can be joined there are many.
    /// - Parameter least: with fewer it would end in the middle of its work, for what it is built
    ///   upon takes some for granted.
    /// - Throws: `TooFewFiles` where the system allows fewer.
    package static func openManyFiles(atLeast least: Int) throws(TooFewFiles) {
        let kind = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limit = rlimit()
        if getrlimit(kind, &limit) != 0 { return }
        let wanted = min(limit.rlim_max, rlim_t(Limits.openFiles))
        if limit.rlim_cur < wanted {
            limit.rlim_cur = wanted
            _ = setrlimit(kind, &limit)
            if getrlimit(kind, &limit) != 0 { return }
        }
        if limit.rlim_cur < rlim_t(least) {
            throw TooFewFiles(allowed: Int(limit.rlim_cur), least: least)
        }
    }

    /// The fewest files that the daemon has to be able to open: for each processor the server's
    /// loop has some.
    package static var fewestDaemonFiles: Int {
        Limits.fewestDaemonFiles + Limits.loopFiles * max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    }

    /// Lets this process take what memory it can use well to read repositories, for it ends soon.
    package static func endsSoon() { ReadingRoom.endsSoon() }

    /// Asks the system.
    package init() {
        let variables = ProgramRun.ownEnvironment
        environment = variables
        hostName = Self.askHostName()
        home = Self.home(variables["HOME"])
    }

    /// The variables that another process of this user began with; nil when they cannot be read.
    package static func environment(of process: Int32) -> [String: String]? {
        guard let file = fopen("/proc/\(process)/environ", "re") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var room = [UInt8](repeating: 0, count: 64 << 10)
        while bytes.count < Limits.environmentBytes {
            let count = fread(&room, 1, room.count, file)
            if count == 0 { break }
            bytes += room[..<count]
        }
        var variables: [String: String] = [:]
        for entry in bytes.split(separator: 0) {
            guard let equals = entry.firstIndex(of: 0x3d) else { continue }
            let name = String(decoding: entry[..<equals], as: UTF8.self)
            variables[name] = String(decoding: entry[(equals + 1)...], as: UTF8.self)
        }
        return variables.isEmpty ? nil : variables
    }

    /// The process's working directory; the root when it is gone.
    package static var workingDirectory: String {
        guard let directory = getcwd(nil, 0) else { return "/" }
        defer { free(directory) }
        return String(cString: directory)
    }

    /// A path as the user gave it to this process, from the root.
    package static func absolute(_ path: String, home: String) -> String {
        PathArgument.absolute(path, home: home, from: workingDirectory)
    }

    private static func askHostName() -> String {
        var bytes = [CChar](repeating: 0, count: 256)
        guard gethostname(&bytes, bytes.count - 1) == 0 else { return "localhost" }
        let name = bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return String(decoding: name, as: UTF8.self)
    }

    private static func home(_ variable: String?) -> String {
        if let variable, variable.hasPrefix("/") {
            let names = variable.split(separator: "/")
            return names.isEmpty ? "" : "/" + names.joined(separator: "/")
        }
        guard let entry = getpwuid(getuid()), let home = entry.pointee.pw_dir else { return "" }
        return String(cString: home)
    }

    /// The configuration file that a program is to use, absolute.
    /// - Parameter option: what the user gave with `--config`; before it comes nothing, after it
    ///   `SYNCD_CONFIG` and the default place.
    package func configurationFile(_ option: String?) -> String {
        if let option { return Self.absolute(option, home: home) }
        if let variable = environment["SYNCD_CONFIG"], !variable.isEmpty {
            return Self.absolute(variable, home: home)
        }
        return defaultConfigurationFile
    }

    /// The one of which nobody has to be told.
    package var defaultConfigurationFile: String {
        DefaultPaths(environment: environment, home: home).configuration
    }

    /// Where a vault's daemon listens.
    package func socket(vault: String) -> String {
        DefaultPaths(environment: environment, home: home).socket(vault: vault)
    }

    /// Reads and checks a configuration file for this machine.
    package func load(_ file: String) throws(ConfigurationError) -> Configuration {
        try Configuration.load(
            path: file, environment: environment, hostName: hostName, home: home,
            remoteFault: Self.remoteFault)
    }

    /// Why a remote can never be one.
    private static func remoteFault(_ text: String) -> String? {
        if RemotePath(text) != nil { return nil }
        do {
            _ = try RemoteURL(text)
            return nil
        } catch { return [error.cause, error.hint].compactMap(\.self).joined(separator: ": ") }
    }
}
