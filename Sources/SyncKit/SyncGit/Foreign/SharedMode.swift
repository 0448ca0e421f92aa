internal import Glibc
internal import SyncModel

/// How a repository's files are shared with other users. Source: `core.sharedRepository` in
/// git-config(1), and git's `adjust_shared_perm`.
struct SharedMode: Sendable, Equatable {
    /// The bits for reading and writing that a file gets.
    private let bits: mode_t
    /// Whether it gets no others: a number says all of them, whatever the umask is.
    private let isExact: Bool

    /// Reads a value of the configuration, in lower case; nil for a repository that is not shared.
    init?(_ value: String) {
        switch value {
        case "", "group", "true", "yes", "on", "1": (bits, isExact) = (0o660, false)
        case "all", "world", "everybody", "2": (bits, isExact) = (0o664, false)
        default:
            // What its owner may not write git takes for a mistake.
            guard let number = mode_t(value, radix: 8), number & 0o600 == 0o600 else { return nil }
            (bits, isExact) = (number & 0o666, true)
        }
    }

    /// Gives a file or directory that was just made what the others need.
    /// - Throws: `.readOnly` or `.io` with the path.
    func adjust(_ descriptor: Int32, at path: String) throws(RepositoryError) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw SystemFailure.last("share", path) }
        let mode = mode(of: status.st_mode)
        if fchmod(descriptor, mode) == 0 { return }
        // systemd's RestrictSUIDSGID= forbids that what comes into it gets its group.
        guard errno == EPERM, mode & S_ISGID != 0, fchmod(descriptor, mode & ~S_ISGID) == 0 else {
            throw SystemFailure.last("share", path)
        }
    }

    /// The same of a directory.
    func adjust(directory path: String) throws(RepositoryError) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if descriptor < 0 { throw SystemFailure.last("share", path) }
        defer { close(descriptor) }
        try adjust(descriptor, at: path)
    }

    private func mode(of own: mode_t) -> mode_t {
        let isDirectory = own & S_IFMT == S_IFDIR
        var mode = isExact ? own & 0o7000 | bits : own & 0o7777 | bits
        if isDirectory { mode |= (mode & 0o444) >> 2 | S_ISGID }
        return mode
    }
}
