internal import Glibc

/// Follows the symbolic links of this machine's paths.
package struct RealPath {
    /// Asks the system with each call.
    package init() {}

    /// An absolute path with all links followed; nil when nothing stands there.
    func whole(_ path: String) -> String? {
        guard let real = realpath(path, nil) else { return nil }
        defer { free(real) }
        return String(cString: real)
    }

    /// Whether a path, be something there or not, is a directory's or leads below it.
    package func leads(_ path: String, into directory: String) -> Bool {
        let real = whole(path) ?? above(path)
        let top = whole(directory) ?? directory
        return real == top || real.hasPrefix(top + "/")
    }

    /// Whether something stands at a path, be it a link to nothing.
    package func stands(_ path: [UInt8]) -> Bool {
        var status = stat()
        return lstat(path.map { CChar(bitPattern: $0) } + [0], &status) == 0
    }

    /// An absolute path with the links above its last name followed, as far as directories are
    /// there: that name may be a link of the vault, or of a file that is gone.
    func above(_ path: String) -> String {
        var names = path.split(separator: "/")
        var rest: [Substring] = []
        while let name = names.popLast() {
            rest.insert(name, at: 0)
            let directory = "/" + names.joined(separator: "/")
            guard let real = whole(directory) else { continue }
            return (real == "/" ? "" : real) + "/" + rest.joined(separator: "/")
        }
        return path
    }
}
