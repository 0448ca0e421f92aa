package import SyncModel

/// What a path that a user gave is in the repository.
package enum NamedPlace: Equatable {
    case path(TreePath)
    /// The root of a folder that is the whole repository.
    case everything
    /// In no folder of this device.
    case outside
}

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

    /// What a path is in the repository.
    /// - Parameters:
    ///   - text: what the user wrote. Absolute and from `~/`, `./` or `../` it is a local path. Any
    ///     other is below the working directory when that is inside a folder and something is
    ///     there; else a path of the repository that is known; else the one below the working
    ///     directory, unless nothing but the other can have been there once.
    ///   - isKnown: whether the repository has something at a path.
    ///   - wasKnown: whether it had, which takes long to say.
    package func resolve(
        _ text: String, isKnown: (TreePath) throws(RepositoryError) -> Bool,
        wasKnown: (TreePath) throws(RepositoryError) -> Bool
    ) throws(RepositoryError) -> NamedPlace {
        // The working directory is `.`: a script whose variable is not set means nothing.
        if text.isEmpty { return .outside }
        let isLocal =
            ["/", "./", "../", "~/"].contains { text.hasPrefix($0) }
            || [".", "..", "~"].contains(text)
        if isLocal { return inFolder(text) }
        var name = text
        while name.hasSuffix("/") { name.removeLast() }
        // What is no path of the repository, such as a//b or d/../b, may be one of this machine.
        guard let path = TreePath(name) else { return inFolder(text) }
        guard case .path(let here) = inFolder(text), here != path else { return .path(path) }
        if stands(here) { return .path(here) }
        if try isKnown(here) { return .path(here) }
        if try isKnown(path) { return .path(path) }
        guard try begins(path, isKnown) else { return .path(here) }
        guard try wasKnown(path) else { return .path(here) }
        return .path(try wasKnown(here) ? here : path)
    }

    /// Whether something stands at a path of this machine that is not committed yet.
    private func stands(_ path: TreePath) -> Bool {
        guard let links, let local = local(path) else { return false }
        return links.stands(local)
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

    /// What a local path is in the repository.
    private func inFolder(_ text: String) -> NamedPlace {
        let full = Self.absolute(text, home: home, from: workingDirectory)
        for folder in configuration.folders {
            if let place = Self.place(full, in: folder.path, folder.prefix) { return place }
        }
        // What the folder has comes first: a link in it is not followed.
        guard let links else { return .outside }
        for folder in configuration.folders {
            guard let root = links.whole(folder.path) else { continue }
            let real = links.whole(full) == root ? root : links.above(full)
            if let place = Self.place(real, in: root, folder.prefix) { return place }
        }
        return .outside
    }

    /// What a path of this machine is that is at a directory or below it.
    private static func place(
        _ full: String, in directory: String, _ prefix: TreePath?
    ) -> NamedPlace? {
        if full == directory { return prefix.map { .path($0) } ?? .everything }
        guard full.hasPrefix(directory + "/"),
            let below = TreePath(String(full.dropFirst(directory.count + 1)))
        else { return nil }
        return .path(prefix?.appending(below) ?? below)
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
