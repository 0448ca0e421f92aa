internal import SyncModel

/// Finds files that were renamed and edited in one go. A capture that finds such a pair makes two
/// commits, the rename first, so that every merge knows what became of the file.
///
/// As `git diff -M` does it asks how much two contents share, but once, where the change was
/// made: whoever merges later reads it from the history and guesses nothing.
enum EditedRename {
    /// A file that is gone, or one that came.
    struct Candidate {
        let path: TreePath
        let content: [UInt8]
    }

    /// Of two contents at least this share, in percent, has to be the same lines.
    static let leastShared = 50

    /// Pairs what is gone with what came.
    /// - Returns: the old path of each new one. Of a file that two others resemble equally none is
    ///   said to have been renamed.
    static func pairs(gone: [Candidate], come: [Candidate]) -> [TreePath: TreePath] {
        if gone.isEmpty || come.isEmpty { return [:] }
        if gone.count * come.count > Limits.renameComparisons { return [:] }
        let old = gone.map { (path: $0.path, lines: Lines($0.content)) }
        var scores: [(score: Int, old: TreePath, new: TreePath)] = []
        for file in come {
            let lines = Lines(file.content)
            for other in old {
                let score = lines.shared(with: other.lines)
                if score >= leastShared { scores.append((score, other.path, file.path)) }
            }
        }
        let best = Dictionary(grouping: scores, by: \.new).compactMapValues(only)
        let bestOfOld = Dictionary(grouping: scores, by: \.old).compactMapValues(only)
        return best.compactMapValues { pair in
            bestOfOld[pair.old].map { $0.new == pair.new } ?? false ? pair.old : nil
        }
    }

    /// A content that was made from another has at least this share of it, in percent: what it
    /// lacks counts as deleted, so that in doubt it is an addition.
    static let leastKept = 75

    /// Whether a content was made from another: it has most of its bytes, in whole lines, and
    /// shares more with it than with the version that it would be made from otherwise. However
    /// little it has, lines of the one alone, and none of the other alone, tell.
    static func isMade(
        _ content: [UInt8], from old: [UInt8], ratherThan other: [UInt8]? = nil
    ) -> Bool {
        let (new, old) = (Lines(content), Lines(old))
        let other = other.map { Lines($0) }
        if let other, new.has(linesOf: old, not: other), !new.has(linesOf: other, not: old) {
            return true
        }
        guard old.size > 0, old.bytes(in: new) * 100 >= old.size * leastKept else { return false }
        return other.map { new.shared(with: old) > new.shared(with: $0) } ?? true
    }

    /// How many bytes of another content, in whole lines, a content does not have.
    static func lacks(_ content: [UInt8], of old: [UInt8]) -> Int {
        let (new, old) = (Lines(content), Lines(old))
        return old.size - old.bytes(in: new)
    }

    private static func only(_ scores: [(score: Int, old: TreePath, new: TreePath)])
        -> (old: TreePath, new: TreePath)?
    {
        guard let most = scores.map(\.score).max() else { return nil }
        let found = scores.filter { $0.score == most }
        return found.count == 1 ? (found[0].old, found[0].new) : nil
    }

    /// The lines of a content and how often each stands in it.
    private struct Lines {
        private let counts: [ArraySlice<UInt8>: Int]
        let size: Int

        init(_ content: [UInt8]) {
            size = content.count
            var counts: [ArraySlice<UInt8>: Int] = [:]
            for line in content.split(separator: 0x0a) { counts[line, default: 0] += 1 }
            self.counts = counts
        }

        /// The bytes of equal lines, in percent of the larger content; 0 for an empty one.
        func shared(with other: Lines) -> Int {
            let most = max(size, other.size)
            guard min(size, other.size) > 0 else { return 0 }
            return min(100, bytes(in: other) * 100 / most)
        }

        /// Whether it has a line that one content has and another one has not.
        func has(linesOf one: Lines, not other: Lines) -> Bool {
            one.counts.keys.contains { counts[$0] != nil && other.counts[$0] == nil }
        }

        /// The bytes of the lines that another content has too.
        func bytes(in other: Lines) -> Int {
            counts.reduce(0) { sum, line in
                sum + min(line.value, other.counts[line.key] ?? 0) * (line.key.count + 1)
            }
        }
    }
}

extension EditedRename {
    /// Marks files of a capture that were renamed and edited.
    /// - Parameters:
    ///   - come: what was read, with the content where it was kept.
    ///   - gone: the rows whose files are gone, as changes.
    static func mark(
        _ gone: [Captured], to come: [Captured], reading repository: any ObjectRepository
    ) throws {
        let new = come.filter { $0.change.before == nil && $0.content != nil }
        let exact = Set(come.compactMap { $0.change.before == nil ? $0.change.after?.id : nil })
        let old = gone.filter { item in
            guard let before = item.change.before else { return false }
            return before.mode.isFile && !exact.contains(before.id)
        }
        if new.isEmpty || old.isEmpty { return }
        let known = Set(old.compactMap(\.change.before?.id))
        guard old.count * new.count <= Limits.renameComparisons else { return }
        var contents: [Candidate] = []
        for item in old {
            guard let before = item.change.before,
                try repository.header(before.id).size <= Limits.documentSize
            else { continue }
            contents.append(.init(path: item.change.path, content: try repository.blob(before.id)))
        }
        let pairs = pairs(
            gone: contents,
            come: new.compactMap { item in
                guard let after = item.change.after, after.mode.isFile, !known.contains(after.id)
                else { return nil }
                return item.content.map { .init(path: item.change.path, content: $0) }
            })
        let byPath = Dictionary(old.map { ($0.change.path, $0) }, uniquingKeysWith: { $1 })
        for item in new {
            guard let from = pairs[item.change.path], let source = byPath[from],
                source.base == item.base
            else { continue }
            item.renamedFrom = source.change
        }
    }
}
