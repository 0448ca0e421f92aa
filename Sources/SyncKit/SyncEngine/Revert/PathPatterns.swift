internal import SyncMerge
internal import SyncModel

/// Which paths somebody means: names, directories, or patterns as in a `.gitignore`.
struct PathPatterns {
    private let plain: [TreePath]
    private let patterns: [GitPattern]

    /// - Parameter texts: paths of the repository or patterns over them.
    /// - Throws: `ChangeRefusal` for one that can match nothing.
    init(_ texts: [String]) throws {
        var plain: [TreePath] = []
        var patterns: [GitPattern] = []
        for text in texts {
            let name = text.hasSuffix("/") ? String(text.dropLast()) : text
            let path = TreePath(name)
            let pattern = GitPattern(Array(text.utf8)[...])
            if let path { plain.append(path) }
            if let pattern, !pattern.isNegated { patterns.append(pattern) }
            if path == nil && pattern?.isNegated ?? true {
                throw ChangeRefusal(
                    .wrong, "'\(text)' is no pattern of paths: expected one such as notes/**")
            }
        }
        self.plain = plain
        self.patterns = patterns
    }

    /// Whether a path, or a directory above it, is meant.
    func match(_ path: TreePath) -> Bool {
        if plain.contains(where: { path.isAtOrBelow($0) }) { return true }
        var work = Limits.patternWork
        return patterns.contains { pattern in
            path.ancestors.contains { Self.matches(pattern, $0, isDirectory: true, &work) }
                || Self.matches(pattern, path, isDirectory: false, &work)
        }
    }

    private static func matches(
        _ pattern: GitPattern, _ path: TreePath, isDirectory: Bool, _ work: inout Int
    ) -> Bool {
        pattern.matches(
            path.bytes[...], nameStart: path.name.startIndex, isDirectory: isDirectory,
            work: &work)
    }

    /// Where the records of the conflicts stand whose files are meant.
    func records(of trees: [ObjectID], reading reader: any ObjectReader) throws -> Set<TreePath> {
        var paths: Set<TreePath> = []
        for tree in trees {
            for record in try ConflictList(of: tree, reading: reader).records
            where match(record.path) {
                paths.insert(record.recordPath)
            }
        }
        return paths
    }
}
