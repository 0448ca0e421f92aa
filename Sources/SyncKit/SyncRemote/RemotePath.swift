internal import Glibc
internal import SyncModel

/// Where a remote on this machine's file systems stands.
package struct RemotePath: Sendable, Equatable {
    /// The path as the configuration means it.
    package let path: String

    /// Reads a path or a `file://` URL.
    /// - Returns: nil when `url` is for another transport: another scheme, or `host:path`.
    package init?(_ url: String) {
        if let rest = Self.rest(of: url, after: "file://") {
            let local = Self.rest(of: rest, after: "localhost") ?? rest
            guard local.hasPrefix("/"), let path = Self.decode(local) else { return nil }
            self.path = path
            return
        }
        // As git has it: a colon before the first slash makes it `host:path`.
        let first = url.prefix { $0 != "/" }
        if url.isEmpty || first.contains(":") { return nil }
        path = url
    }

    /// The repository's own directory: as git looks for it, `path/.git`, `path`, `path.git`.
    /// - Throws: `.missing` when nothing is there, `.io` when it may not be looked at.
    package var directory: String {
        get throws(RemoteError) {
            for candidate in ["\(path)/.git", path, "\(path).git"]
            where FileIdentity("\(candidate)/objects") != nil
                && FileIdentity("\(candidate)/refs") != nil
            {
                return candidate
            }
            if FileIdentity(path) == nil {
                if errno == EACCES {
                    throw RemoteError(
                        .io, "open the remote", "\(path): \(String(cString: strerror(EACCES)))",
                        hint: "check the permissions of \(path) and its parents")
                }
                throw RemoteError(.missing, "open the remote", "\(path) is not there", hint: advice)
            }
            if !Self.isDirectory(path) {
                throw RemoteError(
                    .missing, "open the remote", "\(path) is a file and no git repository",
                    hint: "check repository.remote")
            }
            if access(path, R_OK | X_OK) != 0 {
                throw RemoteError(
                    .io, "open the remote", "\(path) may not be read",
                    hint: "check the owner and the permissions of \(path)")
            }
            throw RemoteError(
                .missing, "open the remote", "\(path) is not a git repository", hint: advice)
        }
    }

    /// What helps where no repository stands. A disk that is not mounted looks like one on which
    /// nothing was made yet: a repository beside it would be filled in vain.
    private var advice: String {
        let parent = Self.parent(path)
        guard FileIdentity(parent) != nil else {
            return "\(parent) is not there either: mount its disk, or check repository.remote"
        }
        let make = "git init --bare \(ShellWord.shown(path))"
        // The point where a disk belongs is an empty directory while it is away.
        for place in [path, parent] where Self.isEmpty(place) {
            return "\(place) is empty: mount the disk that belongs there; when none does, \(make)"
        }
        return "\(make), unless it stands on a disk that is not mounted"
    }

    /// The directory above a path.
    private static func parent(_ path: String) -> String {
        var names = path
        while names.count > 1, names.hasSuffix("/") { names.removeLast() }
        guard let slash = names.lastIndex(of: "/") else { return "." }
        return slash == names.startIndex ? "/" : String(names[..<slash])
    }

    private static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Whether a directory stands at a path and nothing in it.
    private static func isEmpty(_ path: String) -> Bool {
        guard let names = DirectoryNames(path) else { return false }
        return names.next() == nil
    }

    private static func rest(of text: String, after prefix: String) -> String? {
        text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : nil
    }

    /// Decodes `%20` and the like; nil when a percent sign is not followed by two digits.
    static func decode(_ text: String) -> String? {
        guard let bytes = PercentEncoding.bytes(text), !bytes.contains(0) else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }
}
