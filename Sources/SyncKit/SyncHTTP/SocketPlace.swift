package import Glibc

/// Who may have put a socket where it is. A directory below `/tmp` that the daemon would make is
/// anybody's who makes it first.
package enum SocketPlace {
    /// Why what listens at a socket may be somebody else's.
    /// - Parameter path: the socket's path.
    /// - Returns: nil where only this user or root can have put it there, where root asks, who may
    ///   ask anybody's daemon, and where nothing can be seen of it: then nobody can connect.
    static func distrust(_ path: String) -> String? {
        let user = geteuid()
        guard user != 0, let slash = path.lastIndex(of: "/") else { return nil }
        let directory = slash == path.startIndex ? "/" : String(path[..<slash])
        var (place, socket) = (stat(), stat())
        guard lstat(directory, &place) == 0, lstat(path, &socket) == 0 else { return nil }
        guard let cause = distrust(of: place, with: socket, for: user) else { return nil }
        let isOwn = place.st_mode & S_IFMT == S_IFDIR && place.st_uid == user
        let mend = isOwn ? "chmod go-w \(directory)" : "set XDG_RUNTIME_DIR for daemon and syncctl"
        return "\(directory) \(cause): \(mend)"
    }

    /// The same of what is known.
    /// - Parameters:
    ///   - directory: the socket's directory, no link followed.
    ///   - socket: the socket itself, no link followed.
    ///   - user: who asks.
    package static func distrust(of directory: stat, with socket: stat, for user: uid_t) -> String?
    {
        func isTrusted(_ status: stat) -> Bool { [user, 0].contains(status.st_uid) }
        guard directory.st_mode & S_IFMT == S_IFDIR else { return "is no directory" }
        guard isTrusted(directory) else { return "belongs to another user" }
        if directory.st_mode & 0o022 == 0 { return nil }
        // Where others may write but not take away what is not theirs, the owner says whose it is.
        let isSticky = directory.st_mode & S_ISVTX != 0
        return isSticky && isTrusted(socket) ? nil : "can be written by other users"
    }
}
