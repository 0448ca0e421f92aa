internal import Glibc

/// Paths of this machine as a configuration writes them.
struct LocalPaths {
    /// The user's home directory, absolute.
    let home: String

    /// Why a path is not taken, in the words of a message.
    struct Refused: Error { let expected: String }

    /// Gives an absolute path without `~`, empty names and `.`.
    func absolute(_ text: String) throws(Refused) -> String {
        var path = text
        if text == "~" || text.hasPrefix("~/") {
            path = home + "/" + text.dropFirst()
        } else if !text.hasPrefix("/") {
            throw Refused(expected: "an absolute path, or one that begins with ~/")
        }
        let names = path.split(separator: "/").filter { $0 != "." }
        guard !names.contains("..") else { throw Refused(expected: "a path without '..'") }
        return "/" + names.joined(separator: "/")
    }

    /// Follows the symbolic links of as much of an absolute path as exists.
    static func resolved(_ path: String) -> String {
        if let real = realpath(path, nil) {
            defer { free(real) }
            return String(cString: real)
        }
        guard path != "/", let slash = path.lastIndex(of: "/") else { return path }
        let parent = slash == path.startIndex ? "/" : String(path[..<slash])
        let above = resolved(parent)
        return (above == "/" ? "" : above) + path[slash...]
    }

    /// Whether an absolute path stands at or below another, both resolved.
    static func isAtOrBelow(_ path: String, _ ancestor: String) -> Bool {
        path == ancestor || path.hasPrefix(ancestor == "/" ? "/" : ancestor + "/")
    }
}
