internal import SyncModel

/// The heads that were being brought into a folder when the process ended, or still are: what
/// stands in a file may be of any of them before the state store has learnt it. A value; whoever
/// changes it writes its `note` to the state store.
struct InterruptedApplies {
    /// The heads whose apply the state store knows no end of, the newest last.
    private(set) var heads: [ObjectID] = []
    /// Whether an apply was cut short and no capture has looked since at what it left: what
    /// differs from the state store may be of a version that the next head has no more.
    private(set) var needsScan = false
    /// Files and directories that could not be read since an apply was cut short: until they are,
    /// the heads of that apply are remembered.
    private var unread: Set<TreePath> = []
    /// Those of them that this capture could read: the state store learns of them at its end.
    private var readAtLast: Set<TreePath> = []
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
        let noted = lines.first?.split(separator: " ").compactMap { ObjectID(hex: $0) } ?? []
        heads = noted.filter(isThere)
        let paths = lines.dropFirst().compactMap { Hex.bytes($0).flatMap { TreePath($0) } }
        unread = heads.isEmpty ? [] : Set(paths)
        needsScan = !heads.isEmpty && unread.isEmpty
    }

    /// The name under which the state store keeps the note of a folder.
    static func fact(of folder: FolderID) -> String { "applying \(folder?.description ?? "")" }

    /// Whether an apply that was cut short may have put there what stands at a path. From the
    /// moment on at which the state store has learnt of it, an older version there is the user's.
    func mayBeApplied(_ path: TreePath) -> Bool {
        if heads.isEmpty { return false }
        if needsScan || unread.contains(path) { return true }
        return !unread.isEmpty && path.ancestors.contains(where: unread.contains)
    }

    /// The same while a head is being applied: its note has to be durable before the first file
    /// changes.
    func beginning(_ head: ObjectID) -> InterruptedApplies {
        var next = self
        if heads.last != head {
            next.heads = Array((heads + [head]).suffix(Limits.interruptedApplies))
        }
        next.note = Self.text(next.heads, nil)
        next.needsScan = true
        return next
    }

    /// The same once the state store has learnt what every file holds, those that could not be
    /// read left out. Its note belongs into the transaction that says what the files hold: one that
    /// outlived it would make an edit back to an older version none.
    func ended() -> InterruptedApplies {
        if heads.isEmpty { return InterruptedApplies() }
        let left = unread.subtracting(readAtLast).sorted().prefix(Limits.unreadPaths)
        if left.isEmpty { return InterruptedApplies() }
        var next = InterruptedApplies()
        next.heads = heads
        next.unread = Set(left)
        next.note = Self.text(heads, Array(left))
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

    /// The heads, and what of their apply is still to be read; nil is all.
    private static func text(_ heads: [ObjectID], _ unread: [TreePath]?) -> String {
        let lines = (unread ?? []).map { Hex.string($0.bytes) }
        return ([heads.map(\.hex).joined(separator: " ")] + lines).joined(separator: "\n")
    }
}

extension InterruptedApplies {
    /// What the state store has to learn with `next`; nil when it knows it.
    func change(to next: InterruptedApplies, in folder: FolderID) -> StateChange? {
        next.note == note ? nil : .fact(Self.fact(of: folder), next.note)
    }
}
