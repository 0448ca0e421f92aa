package import SyncModel

/// A path as a user gives it: one of this machine inside a folder, or one of the repository.
package struct PathArgument {
    private let configuration: Configuration
    private let workingDirectory: String
    private let home: String
    private let links: RealPath?

    /// Takes what paths are resolved against.
    /// - Parameters:
    ///   - workingDirectory: absolute.
    ///   - links: follows the links above a folder and above what the user names; nil where two
    ///     paths are the same only when they read the same.
    package init(
        _ configuration: Configuration, workingDirectory: String, home: String,
        following links: RealPath? = nil
    ) {
        self.configuration = configuration
        self.workingDirectory = workingDirectory
        self.home = home
        self.links = links
    }

    /// The path in the repository.
    /// - Parameters:
    ///   - text: what the user wrote. Absolute and from `~/`, `./` or `../` it is a local path;
    ///     otherwise a path of the repository that is known, else one below the working
    ///     directory when that is inside a folder and nothing stood at the other, else one of
    ///     the repository.
    ///   - isKnown: whether the repository has something at a path.
    ///   - wasKnown: whether it had, which takes long to say.
    /// - Returns: nil when it is outside every folder, or the root of one that is everything.
    package func resolve(
        _ text: String, isKnown: (TreePath) throws(RepositoryError) -> Bool,
        wasKnown: (TreePath) throws(RepositoryError) -> Bool
    ) throws(RepositoryError) -> TreePath? {
        let isLocal =
            ["/", "./", "../", "~/"].contains { text.hasPrefix($0) }
            || [".", "..", "~"].contains(text)
        if isLocal { return inFolder(text) }
        var name = text
        while name.hasSuffix("/") { name.removeLast() }
        // What is no path of the repository, such as a//b or d/../b, may be one of this machine.
        guard let path = TreePath(name) else { return inFolder(text) }
        if try isKnown(path) { return path }
        guard let local = inFolder(text), local != path else { return path }
        if try isKnown(local) { return local }
        guard try begins(path, isKnown) else { return local }
        return try wasKnown(path) ? path : local
    }

    /// Whether a path begins as one of the repository may.
    private func begins(
        _ path: TreePath, _ isKnown: (TreePath) throws(RepositoryError) -> Bool
    ) throws(RepositoryError) -> Bool {
        if configuration.folders.contains(where: { $0.prefix.map(path.isAtOrBelow) ?? true }) {
            return true
        }
        for directory in path.ancestors where try isKnown(directory) { return true }
        return false
    }

    /// The path on this machine of one of the repository; nil when no folder here has it.
    package func local(_ path: TreePath) -> [UInt8]? {
        for folder in configuration.folders {
            guard let prefix = folder.prefix else {
                return Array(folder.path.utf8) + [0x2f] + path.bytes
            }
            if let below = path.relative(to: prefix) {
                return Array(folder.path.utf8) + [0x2f] + below.bytes
            }
        }
        return nil
    }

    /// The path in the repository of a local path.
    private func inFolder(_ text: String) -> TreePath? {
        let full = Self.absolute(text, home: home, from: workingDirectory)
        for folder in configuration.folders {
            if let path = Self.path(full, in: folder.path, folder.prefix) { return path }
            if full == folder.path { return nil }
        }
        // What the folder has comes first: a link in it is not followed.
        guard let links else { return nil }
        for folder in configuration.folders {
            guard let root = links.whole(folder.path) else { continue }
            let place = links.whole(full) == root ? root : links.above(full)
            if let path = Self.path(place, in: root, folder.prefix) { return path }
        }
        return nil
    }

    /// The path in the repository of one of this machine that is at a directory or below it.
    private static func path(
        _ full: String, in directory: String, _ prefix: TreePath?
    ) -> TreePath? {
        if full == directory { return prefix }
        guard full.hasPrefix(directory + "/"),
            let below = TreePath(String(full.dropFirst(directory.count + 1)))
        else { return nil }
        return prefix?.appending(below) ?? below
    }

    /// A path as the user gave it, from the root: `~/` is the home, the rest counts from the
    /// working directory, `..` leads out of what is before it.
    package static func absolute(_ path: String, home: String, from directory: String) -> String {
        var full = path
        if path == "~" || path.hasPrefix("~/") {
            full = home + path.dropFirst()
        } else if !path.hasPrefix("/") {
            full = directory + "/" + path
        }
        var names: [Substring] = []
        for name in full.split(separator: "/") where name != "." {
            if name == ".." { _ = names.popLast() } else { names.append(name) }
        }
        return "/" + names.joined(separator: "/")
    }
}
