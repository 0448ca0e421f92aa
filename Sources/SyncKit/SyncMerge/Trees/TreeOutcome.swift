package import SyncModel

/// What stands at a path after the merge and which sides it came from.
struct Standing {
    let version: FileVersion
    let sides: [PathTable.Origin]

    init(_ version: FileVersion, sides: [PathTable.Origin]) {
        self.version = version
        self.sides = sides
    }
}

/// The merged versions of all changed paths, before and after names that cannot stand beside each
/// other are separated.
struct TreeOutcome {
    private(set) var standing: [TreePath: Standing?] = [:]
    private(set) var losses: [MergeLoss] = []
    /// The records of open conflicts that the merged tree carries.
    var conflicts: MergedConflicts
    /// In what way two contents stood against each other.
    var kinds: [TreePath: OpenConflict.Kind] = [:]

    /// What had to leave its name since something else keeps it.
    private(set) var asides: [Aside] = []

    /// A version that had to leave its name.
    struct Aside {
        let path: TreePath
        let kind: MergeLoss.Kind
        let version: FileVersion
        let origin: PathTable.Origin
        let copy: TreePath
        /// What keeps the name: another file, or a file in the directory of that name.
        let winner: PathTable.Origin
        /// Whether that is a directory in which nothing stands.
        let isForDirectory: Bool
    }

    /// What stands at a path that neither side touched; nil for nothing, and for all others.
    private let untouched: (TreePath) throws(RepositoryError) -> FileVersion?
    /// The first side's commit: tells the sides apart.
    private let first: ObjectID
    /// Whether copies are put down when every path is decided, as rules from version 3 on do:
    /// before, one whose name came later in byte order went where both sides had deleted it.
    private let placesCopiesLast: Bool
    /// Whether a copy that stands is not replaced by the version that it was made of: from version
    /// 4 on.
    private let keepsCopies: Bool
    /// Whether the sides' trees alone say which names stood beside each other: from version 9 on.
    /// Of a file that one side renamed and the other edited both are said to have the new name.
    private let asksTrees: Bool
    private var copies: [(path: TreePath, standing: Standing)] = []

    /// - Parameters:
    ///   - first: the first side's commit.
    ///   - version: of the rules.
    ///   - untouched: what stands at a path that neither side touched.
    init(
        conflicts: MergedConflicts, first: ObjectID, version: Int,
        untouched: @escaping (TreePath) throws(RepositoryError) -> FileVersion?
    ) {
        self.untouched = untouched
        self.conflicts = conflicts
        self.first = first
        placesCopiesLast = version >= 3
        keepsCopies = version >= 4
        asksTrees = version >= 9
    }

    /// The side that a version comes from, wherever the merge puts it.
    func side(_ origin: PathTable.Origin) -> SideIndex {
        origin.commit == first ? .first : .second
    }

    /// Puts a version at a path; nil leaves nothing there.
    mutating func stand(_ path: TreePath, _ version: FileVersion?, from sides: [PathTable.Origin]) {
        standing.updateValue(version.map { Standing($0, sides: sides) }, forKey: path)
    }

    /// Lists what lost.
    mutating func lose(_ loss: MergeLoss) { losses.append(loss) }

    /// Lists the version of the side that lost and, where the rules say so, keeps a copy beside
    /// the winner.
    mutating func lose(
        _ path: TreePath, _ kind: MergeLoss.Kind, _ loses: SideIndex,
        of versions: (first: StampedVersion, second: StampedVersion),
        from sides: [PathTable.Origin], copied: Bool, type: FileType = .simple,
        base: ObjectID? = nil
    ) throws(RepositoryError) {
        let isFirst = loses == .first
        let loser = isFirst ? versions.first : versions.second
        let winner = isFirst ? versions.second : versions.first
        let copy = copied ? try self.copy(of: loser.version.id, beside: path) : nil
        if let copy { keep(loser.version, at: copy, from: sides[isFirst ? 0 : 1]) }
        losses.append(
            MergeLoss(
                path: path, kind: kind, loser: loser.version, loserStamp: loser.stamp,
                winnerStamp: winner.stamp, copy: copy, type: type, base: base))
    }

    /// The name of a copy: of a file that stands there with another content it is not taken.
    func copy(of blob: ObjectID, beside path: TreePath) throws(RepositoryError) -> TreePath {
        let names = ConflictCopy.paths(for: path, blob: blob)
        for name in names {
            guard let there = try untouched(name), there.id != blob else { return name }
        }
        return names[names.count - 1]
    }

    /// Puts down again what stood in the base, whatever was decided about it.
    mutating func standAgain(
        _ versions: [TreePath: FileVersion?], from commits: [ObjectID]
    ) {
        for (path, version) in versions {
            stand(path, version, from: commits.map { .init(commit: $0, path: path) })
        }
        losses.removeAll { versions.keys.contains($0.path) }
        copies.removeAll { versions.keys.contains($0.path) }
    }

    /// Keeps a version that lost its name at another.
    private mutating func keep(
        _ version: FileVersion, at copy: TreePath, from side: PathTable.Origin
    ) {
        if placesCopiesLast {
            copies.append((copy, Standing(version, sides: [side])))
        } else {
            stand(copy, version, from: [side])
        }
    }

    /// Puts down what was kept, but for what somebody made of such a copy.
    mutating func placeCopies() {
        for (path, kept) in copies where (standing[path] ?? nil) == nil {
            standing.updateValue(kept, forKey: path)
        }
    }

    /// A directory in which nothing stands keeps its name against the other side's file.
    mutating func separate(
        _ path: TreePath, _ file: FileVersion, of origin: PathTable.Origin,
        from directory: PathTable.Origin
    ) throws(RepositoryError) {
        let copy = try self.copy(of: file.id, beside: path)
        stand(path, .emptyDirectory, from: [directory])
        keep(file, at: copy, from: origin)
        asides.append(
            Aside(
                path: path, kind: .typeChange, version: file, origin: origin, copy: copy,
                winner: directory, isForDirectory: true))
    }

    /// A directory keeps its name: a file of that name becomes a conflict copy.
    mutating func separateFilesFromDirectories() throws(RepositoryError) {
        let present = standing.compactMap { $0.value == nil ? nil : $0.key }
        /// What clashes, and the first file in byte order that stands in its way.
        var clashes: [TreePath: TreePath] = [:]
        for path in present {
            for ancestor in path.ancestors {
                guard let above = standing[ancestor] ?? nil else { continue }
                if above.version.isDirectory {
                    // Something stands in it.
                    standing[ancestor] = .some(nil)
                } else {
                    clashes[ancestor] = clashes[ancestor].map { min($0, path) } ?? path
                }
            }
        }
        for (path, winner) in clashes.sorted(by: { $0.key < $1.key }) {
            try moveAside(path, .typeChange, for: winner)
        }
    }

    /// Names from different sides that are one after case folding and canonical composition
    /// cannot stand on every platform: the lesser becomes a conflict copy.
    /// - Parameter haveBoth: whether some side had both names: then somebody wanted both.
    mutating func separateCaseClashes(
        haveBoth: (TreePath, TreePath) throws(RepositoryError) -> Bool
    ) throws(RepositoryError) {
        var groups: [String: [TreePath]] = [:]
        for (path, standing) in standing where standing != nil {
            groups[CaseFolding.key(path), default: []].append(path)
        }
        for group in groups.values where group.count > 1 {
            let sorted = group.sorted()
            for (index, path) in sorted.enumerated().dropFirst() {
                let mine = commits(path)
                for other in sorted[..<index]
                where asksTrees || commits(other).isDisjoint(with: mine) {
                    guard standing[other] ?? nil != nil else { continue }
                    if try haveBoth(other, path) { continue }
                    guard let (moved, kept) = clash(path, other) else { continue }
                    try moveAside(moved, .caseClash, for: kept)
                    if moved == path { break }
                }
            }
        }
    }

    /// Which of two names gives way: never a directory; nil when both are.
    private func clash(_ path: TreePath, _ other: TreePath) -> (moved: TreePath, kept: TreePath)? {
        func isDirectory(_ path: TreePath) -> Bool {
            (standing[path] ?? nil)?.version.isDirectory ?? false
        }
        guard isDirectory(path) else { return (path, other) }
        return isDirectory(other) ? nil : (other, path)
    }

    private func commits(_ path: TreePath) -> Set<ObjectID> {
        Set((standing[path] ?? nil)?.sides.map(\.commit) ?? [])
    }

    private mutating func moveAside(
        _ path: TreePath, _ kind: MergeLoss.Kind, for winner: TreePath
    ) throws(RepositoryError) {
        guard let moved = standing[path] ?? nil, let origin = Self.origin(moved),
            let kept = standing[winner] ?? nil, let reason = Self.origin(kept)
        else { return }
        standing[path] = .some(nil)
        let copy = try self.copy(of: moved.version.id, beside: path)
        // What somebody made of such a copy stays, as it does where copies are put down.
        if !keepsCopies || (standing[copy] ?? nil) == nil {
            standing.updateValue(moved, forKey: copy)
        }
        asides.append(
            Aside(
                path: path, kind: kind, version: moved.version, origin: origin, copy: copy,
                winner: reason, isForDirectory: kept.version.isDirectory))
    }

    /// The side that a version is said to come from, of both the same on every device.
    private static func origin(_ standing: Standing) -> PathTable.Origin? {
        standing.sides.min { ($0.commit, $0.path) < ($1.commit, $1.path) }
    }
}

/// The name under which a version that lost its place is kept: the same on every device.
package enum ConflictCopy {
    /// `<stem>.conflict-<8 hex of the blob><extension>` beside `path`, and the same with 16 and 40
    /// digits, for where another file has that name.
    package static func paths(for path: TreePath, blob: ObjectID) -> [TreePath] {
        [8, 16, 40].map { Self.path(for: path, String(blob.hex.prefix($0))) }
    }

    private static func path(for path: TreePath, _ digits: String) -> TreePath {
        let name = Array(path.name)
        let dot = name.dropFirst().lastIndex(of: 0x2e) ?? name.endIndex
        let suffix = Array(".conflict-\(digits)".utf8) + name[dot...]
        // A name holds at most 255 bytes: the stem gives way, by whole characters.
        var stem = name[..<dot].prefix(max(1, 255 - suffix.count))
        if String(validating: name, as: UTF8.self) != nil {
            while stem.count > 1, stem.endIndex < dot, name[stem.endIndex] & 0xc0 == 0x80 {
                stem.removeLast()
            }
        }
        let copy = stem + suffix
        return path.parent.map { $0.appending(copy) ?? path } ?? TreePath(Array(copy)) ?? path
    }
}

/// Names as file systems that fold case see them.
package enum CaseFolding {
    /// A key that is equal for names that differ in case or in Unicode composition only; bytes
    /// that are not UTF-8 stand for themselves. Swift compares strings by canonical equivalence,
    /// with the Unicode tables of the toolchain that built the program.
    package static func key(_ path: TreePath) -> String {
        guard String(validating: path.bytes, as: UTF8.self) != nil else {
            return String(path.bytes.map { Character(Unicode.Scalar($0)) }) + "\0"
        }
        return path.text.lowercased()
    }
}
