internal import SyncModel

/// The heads that were being brought into a folder when the process ended, or still are: what
/// stands in a file may be of any of them before the state store has learnt it. A value; whoever
/// changes it writes its `note` to the state store.
struct InterruptedApplies {
    /// The heads whose apply the state store knows no end of, the newest last.
    private(set) var heads: [ObjectID] = []
    /// Those of applies before, of which a capture has learnt all but what is unread.
    private(set) var earlier: [ObjectID] = []
    /// Files and directories that could not be read since an apply was cut short: until they are,
    /// the heads of that apply are remembered.
    private var unread: Set<TreePath> = []
    /// Those of them that this capture could read: the state store learns of them at its end.
    private var readAtLast: Set<TreePath> = []
    /// What they are known to have put in the place of other versions, by path below the root: the
    /// folder knows until it forgets what was displaced for them.
    var placed: [TreePath: FileVersion] = [:]
    /// What the state store says of the three: it is written when that changes.
    private(set) var note: String?

    /// No apply was interrupted.
    init() {}

    /// Reads at the start what was noted.
    /// - Parameter isThere: whether the repository has a commit: a state store of another
    ///   repository says nothing about this one.
    init(_ note: String?, isThere: (ObjectID) -> Bool) {
        self.note = note
        let lines = note?.split(separator: "\n") ?? []
        let kinds = lines.first?.split(separator: "/", omittingEmptySubsequences: false) ?? []
        let noted = kinds.map { names in
            names.split(separator: " ").compactMap { ObjectID(hex: $0) }.filter(isThere)
        }
        let paths = lines.dropFirst().compactMap { Hex.bytes($0).flatMap { TreePath($0) } }
        if noted.count > 1 {
            (heads, earlier) = (noted[0], noted[1])
        } else if let noted = noted.first {
            (heads, earlier) = paths.isEmpty ? (noted, []) : ([], noted)
        }
        unread = earlier.isEmpty ? [] : Set(paths)
    }

    /// Whether none is remembered.
    var isEmpty: Bool { heads.isEmpty && earlier.isEmpty }

    /// Whether an apply was cut short and no capture has looked since at what it left: what
    /// differs from the state store may be of a version that the next head has no more.
    var needsScan: Bool { !heads.isEmpty }

    /// All heads that some file may be of, the newest last.
    var all: [ObjectID] { earlier + heads }

    /// The name under which the state store keeps the note of a folder.
    static func fact(of folder: FolderID) -> String { "applying \(folder?.description ?? "")" }

    /// Whether an apply that was cut short may have put there what stands at a path. From the
    /// moment on at which the state store has learnt of it, an older version there is the user's.
    func mayBeApplied(_ path: TreePath) -> Bool {
        needsScan || isUnread(path)
    }

    /// Whether nobody but an apply that was cut short, or the state store before it, need have put
    /// a version at a path: it is not known that another one had been put there.
    func mayBeUntouched(_ version: FileVersion, at path: TreePath) -> Bool {
        placed[path].map { $0 == version } ?? true
    }

    /// The heads of which a file may be that stands at a path, the newest last. Of an earlier apply
    /// only what is unread may be: of all else the state store has learnt, and an older version
    /// there is the user's.
    func heads(of path: TreePath) -> [ObjectID] { isUnread(path) ? all : heads }

    private func isUnread(_ path: TreePath) -> Bool {
        if unread.isEmpty { return false }
        return unread.contains(path) || path.ancestors.contains(where: unread.contains)
    }

    /// The same while a head is being applied: its note has to be durable before the first file
    /// changes.
    func beginning(_ head: ObjectID) -> InterruptedApplies {
        var next = self
        if heads.last != head {
            next.heads = Array((heads + [head]).suffix(Limits.interruptedApplies))
        }
        next.note = Self.text(next)
        return next
    }

    /// The same once the state store has learnt what every file holds, those that could not be
    /// read left out. Its note belongs into the transaction that says what the files hold: one that
    /// outlived it would make an edit back to an older version none.
    func ended() -> InterruptedApplies {
        let left = unread.subtracting(readAtLast).sorted().prefix(Limits.unreadPaths)
        if isEmpty || left.isEmpty { return InterruptedApplies() }
        var next = InterruptedApplies()
        next.earlier = Array(all.suffix(Limits.interruptedApplies))
        next.unread = Set(left)
        next.placed = placed.filter { left.contains($0.key) }
        next.note = Self.text(next)
        return next
    }

    // MARK: What a capture could read

    /// A capture begins.
    mutating func beginReading() { readAtLast = [] }

    /// A file was read.
    mutating func noteRead(_ path: TreePath) {
        if unread.contains(path) { readAtLast.insert(path) }
    }

    /// A file could not be read, or is not captured although it was.
    mutating func noteUnread(_ path: TreePath) {
        if !mayBeApplied(path) { return }
        unread.insert(path)
        readAtLast.remove(path)
    }

    /// Nothing stands there any more.
    mutating func noteGone(_ path: TreePath) { unread.remove(path) }

    /// A scan ended: what could not be looked at before and is not there any more waits for nobody.
    mutating func keepUnread(_ seen: Set<TreePath>) { unread.formIntersection(seen) }

    /// What an examination could not look at.
    mutating func noteUnread(_ paths: [TreePath]) {
        if needsScan { unread.formUnion(paths) }
    }

    /// The heads of which all is to be read, behind a slash those of which only the paths are that
    /// follow. Where there are none of the first kind there is no slash.
    private static func text(_ applies: InterruptedApplies) -> String {
        let kinds = [applies.heads, applies.earlier].filter { !$0.isEmpty }
        let names = kinds.map { $0.map(\.hex).joined(separator: " ") }.joined(separator: " / ")
        let paths = applies.earlier.isEmpty ? [] : applies.unread.sorted()
        return ([names] + paths.map { Hex.string($0.bytes) }).joined(separator: "\n")
    }
}

extension InterruptedApplies {
    /// What the state store has to learn with `next`; nil when it knows it.
    func change(to next: InterruptedApplies, in folder: FolderID) -> StateChange? {
        next.note == note ? nil : .fact(Self.fact(of: folder), next.note)
    }
}
