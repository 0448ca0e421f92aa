internal import SyncMerge
package import SyncModel

/// Which paths somebody means: names, directories, or patterns as in a `.gitignore`.
package struct PathPatterns {
    private let plain: [TreePath]
    private let patterns: [GitPattern]

    /// - Parameter texts: paths of the repository or patterns over them.
    /// - Returns: nil where one can match nothing.
    package init?(_ texts: [String]) {
        var plain: [TreePath] = []
        var patterns: [GitPattern] = []
        for text in texts {
            if let bytes = QuotedPath.bytes(text) {
                guard let path = TreePath(bytes) else { return nil }
                plain.append(path)
                continue
            }
            let name = text.dropFirst(text.hasPrefix("/") ? 1 : 0)
            let path = TreePath(String(name.dropLast(name.hasSuffix("/") ? 1 : 0)))
            let pattern = GitPattern(Array(text.utf8)[...])
            if let path { plain.append(path) }
            if let pattern, !pattern.isNegated { patterns.append(pattern) }
            if path == nil && pattern?.isNegated ?? true { return nil }
        }
        self.plain = plain
        self.patterns = patterns
    }

    /// Whether a path, or a directory above it, is meant.
    /// - Parameter isDirectory: what stands at the path.
    package func match(_ path: TreePath, isDirectory: Bool = false) -> Bool {
        if plain.contains(where: { path.isAtOrBelow($0) }) { return true }
        var work = Limits.patternWork
        return patterns.contains { pattern in
            path.ancestors.contains { Self.matches(pattern, $0, isDirectory: true, &work) }
                || Self.matches(pattern, path, isDirectory: isDirectory, &work)
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
    package func records(of trees: [ObjectID], reading reader: any ObjectReader)
        throws(RepositoryError) -> Set<TreePath>
    {
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
