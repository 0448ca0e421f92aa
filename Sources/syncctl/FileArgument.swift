import SyncEngine
import SyncHistory
import SyncModel

/// Files that a user names for a change: by the name of one or of a directory, or by a pattern.
enum FileArgument {
    /// What the whole text is called in the repository.
    case path(TreePath)
    /// As in a `.gitignore`, over the repository's paths.
    case pattern(String)

    /// Reads it. A text that is the name of something, here or in a state that is asked for, is
    /// that name, whatever characters it has; else one with `*`, `?`, `[` or `\` is a pattern,
    /// which counts from the working directory unless it begins with what a path begins with.
    /// - Parameter then: the commit that is asked for beside the head; nil for none.
    /// - Throws: `Failure` when it is outside every folder; `RepositoryError`.
    init(_ text: String, _ history: VaultHistory, _ machine: Machine, then: ObjectID?) throws {
        switch try history.place(text, from: Machine.workingDirectory, home: machine.home) {
        case .path(let path):
            let commits = [then].compactMap(\.self)
            let isName =
                try QuotedPath.bytes(text) != nil || !Self.isPattern(text[...])
                || history.knows(path, in: commits)
            self = isName ? .path(path) : .pattern(try Self.pattern(text, history, machine))
        case .everything: self = .pattern(Self.all)
        case .outside:
            if !Self.isPattern(text[...]) { _ = try history.place(text, machine) }
            self = .pattern(try Self.pattern(text, history, machine))
        }
    }

    /// For whoever takes patterns alone: that of a name stands for the name and nothing else, not
    /// for others of that name further down.
    var asPattern: String {
        switch self {
        case .path(let path) where String(validating: path.bytes, as: UTF8.self) == nil:
            QuotedPath.quoted(path.bytes)
        case .path(let path): "/" + Self.plain(path.text)
        case .pattern(let pattern): pattern
        }
    }

    private static func pattern(
        _ text: String, _ history: VaultHistory, _ machine: Machine
    ) throws -> String {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        let names = parts.prefix { !isPattern($0) }
        let start = names.joined(separator: "/")
        let rest = parts.dropFirst(names.count).joined(separator: "/")
        // From the root it counts from the repository's.
        if start.isEmpty && !names.isEmpty { return text }
        let isHere = names.isEmpty
        guard let path = try history.narrowed(to: isHere ? "." : start, machine) else {
            return isHere ? text : "/\(rest)"
        }
        // As in the .gitignore of that directory: a name alone is meant at any depth.
        let isName = isHere && !text.dropLast(text.hasSuffix("/") ? 1 : 0).contains("/")
        return "\(plain(path.text))/\(isName ? "**/" : "")\(rest)"
    }

    /// Whether a text has what makes it a pattern.
    static func isPattern(_ text: Substring) -> Bool { text.contains { special.contains($0) } }

    /// A pattern that stands for a name.
    private static func plain(_ name: String) -> String {
        name.reduce(into: "") { $0 += special.contains($1) ? "\\\($1)" : String($1) }
    }

    private static let special = "*?[\\"
    /// The pattern of everything.
    private static let all = "**"
}

extension VaultHistory {
    /// The commit that a user asks for by a revision or a time, and the history to read it in; nil
    /// for a file's blob, and for what names nothing: the change that is asked for says so.
    func then(_ text: String) throws -> (history: VaultHistory, commit: ObjectID)? {
        if let id = ObjectID(hex: text), repository.contains(id),
            try repository.header(id).kind != .commit
        {
            return nil
        }
        do { return try past(text, now: SystemClock().now()) } catch is Revision.Unknown {
            return nil
        }
    }

    /// What a pattern means that speaks of directories alone, none of them in another.
    func directories(of commit: ObjectID, matching pattern: String) throws -> [TreePath] {
        let patterns = PathPatterns([pattern])
        let tree = try repository.commit(commit).tree
        var found: Set<TreePath> = []
        for change in try TreeDiff.changes(from: nil, to: tree, reading: repository) {
            let own = change.after?.isDirectory ?? false ? [change.path] : []
            let places = change.path.ancestors.reversed() + own
            if let place = places.first(where: {
                patterns?.match($0, isDirectory: true) ?? false
            }) {
                found.insert(place)
            }
        }
        if found.isEmpty { throw Failure(Exit.failed, "there is no \(pattern) in \(commit.short)") }
        return found.sorted()
    }

    /// What a pattern means that speaks of the top directory alone.
    func top(of commit: ObjectID, matching pattern: String) throws -> [TreePath] {
        let patterns = PathPatterns([pattern])
        let names = try repository.tree(repository.commit(commit).tree).entries.compactMap {
            TreePath($0.name)
        }
        let found = names.filter { patterns?.match($0) ?? false }
        if found.isEmpty { throw Failure(Exit.failed, "there is no \(pattern) in \(commit.short)") }
        return found
    }
}
