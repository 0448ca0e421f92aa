package import SyncModel

/// Which paths of a folder are left alone: the built-in rules, the configuration's patterns, and
/// every `.gitignore` from the folder's root down to a path's directory.
///
/// A value holds the rules of one directory and shares those above it; a walk keeps one per
/// directory it is in. Source: gitignore(5).
package struct IgnoreRules: Sendable {
    /// The patterns of one file, and where it stands.
    private struct Layer: Sendable {
        let directory: TreePath?
        let patterns: [GitPattern]
        let edges: NameEdges

        init(directory: TreePath?, patterns: [GitPattern]) {
            self.directory = directory
            self.patterns = patterns
            edges = NameEdges(patterns)
        }
    }

    /// From the weakest to the strongest.
    private let layers: [Layer]
    /// Of all layers: most names of a scan are answered by this alone.
    private let edges: NameEdges

    /// Takes patterns that hold for the whole folder on this device, weaker than any
    /// `.gitignore` as git's own exclude file is, stronger than the built-in ones.
    /// - Parameter patterns: lines as in a `.gitignore`.
    package init(patterns: [String] = []) {
        self.init(layers: [
            Self.builtInLayer,
            Layer(
                directory: nil,
                patterns: patterns.compactMap { GitPattern(ignoreLine: Array($0.utf8)[...]) }),
        ])
    }

    /// The patterns alone, without the built-in ones: what a device leaves out in both directions.
    package static func only(_ patterns: [String]) -> IgnoreRules {
        IgnoreRules(layers: [
            Layer(
                directory: nil,
                patterns: patterns.compactMap { GitPattern(ignoreLine: Array($0.utf8)[...]) })
        ])
    }

    /// Whether there is no pattern at all.
    package var isEmpty: Bool { layers.allSatisfy { $0.patterns.isEmpty } }

    private static let builtInLayer = Layer(directory: nil, patterns: builtIn)

    private init(layers: [Layer]) {
        self.layers = layers
        edges = layers.reduce(into: NameEdges([])) { $0.formUnion($1.edges) }
    }

    /// The rules of a directory: these and its `.gitignore`'s.
    /// - Parameters:
    ///   - content: the file's bytes; lines end in a newline. One past `Limits.patternFile` has
    ///     no rules, as in git.
    ///   - directory: where it stands; nil is the folder's root.
    package func adding(gitignore content: [UInt8], at directory: TreePath?) -> IgnoreRules {
        if content.count > Limits.patternFile { return self }
        // A byte order mark is no part of the first pattern.
        let bytes = content.starts(with: [0xef, 0xbb, 0xbf]) ? content.dropFirst(3) : content[...]
        let patterns = bytes.split(separator: 0x0a).compactMap { line in
            GitPattern(ignoreLine: line.last == 0x0d ? line.dropLast() : line)
        }
        if patterns.isEmpty { return self }
        return IgnoreRules(layers: layers + [Layer(directory: directory, patterns: patterns)])
    }

    /// Whether a path is left alone, for itself or because a directory above it is.
    ///
    /// A walk that does not enter ignored directories may ask `isEntryIgnored` instead.
    package func isIgnored(_ path: TreePath, isDirectory: Bool) -> Bool {
        path.ancestors.contains { isEntryIgnored($0, isDirectory: true) }
            || isEntryIgnored(path, isDirectory: isDirectory)
    }

    /// As `isIgnored` for a path whose directories are known not to be.
    package func isEntryIgnored(_ path: TreePath, isDirectory: Bool) -> Bool {
        let bytes = path.bytes
        let name = path.name
        if name.first == 0x2e, Self.isNeverSynced(name) { return true }
        if !edges.mayMatch(name) { return false }
        var work = Limits.patternWork
        for layer in layers.reversed() where layer.edges.mayMatch(name) {
            var start = 0
            if let directory = layer.directory {
                guard path.isAtOrBelow(directory), path.bytes.count > directory.bytes.count
                else { continue }
                start = directory.bytes.count + 1
            }
            let relative = bytes[start...]
            if let last = layer.patterns.last(where: {
                $0.matches(
                    relative, nameStart: name.startIndex, isDirectory: isDirectory, work: &work)
            }) {
                return !last.isNegated
            }
        }
        return false
    }

    /// Names that no pattern can bring back: a git repository's own directory (or the file that
    /// stands for it in a work tree or submodule), and the apply's staging files.
    private static func isNeverSynced(_ name: ArraySlice<UInt8>) -> Bool {
        name.elementsEqual(git) || name.starts(with: staging)
    }

    private static let git = Array(".git".utf8)
    private static let staging = Array(".syncd-".utf8)
}

/// The bytes that names which some pattern matches begin or end with.
private struct NameEdges: Sendable {
    private var first = [Bool](repeating: false, count: 256)
    private var last = [Bool](repeating: false, count: 256)
    /// False when some pattern tells neither byte.
    private var isCertain = true

    init(_ patterns: [GitPattern]) {
        for pattern in patterns {
            if let byte = pattern.firstByte {
                first[Int(byte)] = true
            } else if let byte = pattern.lastByte {
                last[Int(byte)] = true
            } else {
                isCertain = false
            }
        }
    }

    mutating func formUnion(_ other: NameEdges) {
        for byte in 0..<256 {
            first[byte] = first[byte] || other.first[byte]
            last[byte] = last[byte] || other.last[byte]
        }
        isCertain = isCertain && other.isCertain
    }

    /// Whether some pattern might match a path with that last name.
    func mayMatch(_ name: ArraySlice<UInt8>) -> Bool {
        guard isCertain, let head = name.first, let tail = name.last else { return true }
        return first[Int(head)] || last[Int(tail)]
    }
}
