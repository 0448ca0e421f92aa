internal import SyncHistory
internal import SyncMerge
internal import SyncModel

/// Takes changes out of a tree that stand in its history and keeps what came after: each as a
/// three-way merge whose base is the commit that made the change, whose one side is the tree so
/// far and whose other is what stood before. Where somebody went on from a change the rules of
/// the types decide, and list what they cannot decide as in any merge.
///
/// A function of the repository and what it is told: all is tried out in memory.
struct TakeBack {
    /// A change of the past: what stood before, and the commit that has it. Commits one upon the
    /// other may be one change.
    struct Change: Equatable {
        /// The newest commit of the change.
        let commit: ObjectID
        /// What its oldest commit was made upon; nil for a first commit.
        let before: ObjectID?
        /// All of its commits, the newest first.
        let commits: [ObjectID]
    }

    private let scratch: ScratchRepository
    private let repository: any ObjectRepository
    private let stamps: CommitStamps
    private let head: ObjectID
    private let headTree: ObjectID
    private let author: Signature
    private let patterns: PathPatterns?
    /// Commits that no branch will have: what is left of the head between two changes, and heads
    /// that the branch left, of which something comes back.
    private var passing: Set<ObjectID> = []
    /// What is left of the head's tree.
    private(set) var tree: ObjectID
    /// Where somebody went on from what was taken back, and that stays.
    private var kept: [TreePath: Set<String>] = [:]

    /// - Parameters:
    ///   - head: the commit to begin from.
    ///   - device: who takes back.
    ///   - now: when; later than the head.
    ///   - patterns: nothing else is taken back; nil is everything.
    init(
        from head: ObjectID, in repository: any ObjectRepository, by device: String,
        at now: Timestamp, only patterns: PathPatterns? = nil
    ) throws {
        scratch = ScratchRepository(over: repository)
        stamps = CommitStamps(reading: scratch)
        self.repository = repository
        self.head = head
        headTree = try repository.commit(head).tree
        tree = headTree
        author = Signature(
            name: device, email: "\(device)@syncd.invalid", seconds: now.seconds)
        self.patterns = patterns
        self.now = now
    }

    private let now: Timestamp
    /// Whether a change is merged over its own paths alone where that gives the same.
    var isNarrow = true

    /// Takes a change out of the tree.
    /// - Returns: the commits of it that changed something that is meant.
    /// - Throws: `RepositoryError`.
    @discardableResult
    mutating func take(_ change: Change) throws -> [ObjectID] {
        let made = try scratch.commit(change.commit).tree
        let before = try change.before ?? nothing(before: change.commit)
        if let first = change.commits.last, change.before != nil,
            try !scratch.commit(first).parents.contains(before)
        {
            passing.insert(before)
        }
        let wanted = try narrowed(from: made, to: scratch.commit(before).tree)
        let old = try withoutOpen(from: made, to: wanted)
        if old == made { return [] }
        let meant = try change.commits.filter(isMeant)
        if tree == made {
            tree = old
            return meant
        }
        if isNarrow,
            let narrow = try NarrowChange(from: made, to: old, over: tree, reading: scratch)
        {
            let trees = try narrow.trees(over: tree, scratch)
            tree = trees.plain
            if let (made, old) = trees.merge { try merge(change, made, to: old, of: before) }
        } else {
            try merge(change, made, to: old, of: before)
        }
        if scratch.bytes > Limits.scratchBytes {
            try scratch.forgetAll(but: tree, over: headTree)
        }
        return meant
    }

    /// Whether a commit changed what the patterns mean.
    private func isMeant(_ id: ObjectID) throws -> Bool {
        if patterns == nil { return true }
        let commit = try scratch.commit(id)
        let before = try commit.parents.first.map { try scratch.commit($0).tree }
        return try narrowed(from: commit.tree, to: before ?? Tree.emptyID) != commit.tree
    }

    /// Merges what is left of the head with what stood before a change.
    /// - Parameters:
    ///   - made: the tree that the change left.
    ///   - old: the tree to go back to.
    ///   - before: the commit that dates what is in it.
    private mutating func merge(
        _ change: Change, _ made: ObjectID, to old: ObjectID, of before: ObjectID
    ) throws {
        try noteRecords(made, old)
        // What stands for a file that was not there.
        let pack = try scratch.beginPack()
        _ = try pack.add(.blob, [])
        try pack.finish()
        let merged = try CommitMerge(scratch, stamps).tree(
            of: MergeSide(commit: current(), tree: tree),
            without: MergeSide(commit: change.commit, tree: made),
            restoring: MergeSide(commit: before, tree: old))
        // Of a document it is a value of its front matter.
        let ofParts: Set<FileType> = [.simple, .data, .document]
        for loss in merged.losses where ofParts.contains(loss.type) && loss.copy == nil {
            kept[loss.path, default: []].formUnion([])
        }
        tree = merged.tree
    }

    /// What the taking back came to.
    /// - Throws: `RepositoryError`.
    func outcome() throws -> Reversal {
        let pack = try scratch.beginPack()
        let rewritten = try lastingRecords(pack)
        try pack.finish()
        let tree =
            rewritten.isEmpty
            ? tree : try TreeEdit.apply(rewritten, to: tree, reading: scratch, writing: pack)
        try pack.finish()
        return try Reversal(
            from: headTree, to: tree, in: scratch,
            kept: kept.sorted { $0.key < $1.key }.map { KeptEdit($0.key, $0.value.sorted()) })
    }

    /// A commit of the tree as it is now.
    private mutating func current() throws -> ObjectID {
        if tree == headTree { return head }
        return try passing(tree, on: [head])
    }

    /// A commit without anything, for what a first commit was made upon.
    private mutating func nothing(before commit: ObjectID) throws -> ObjectID {
        let pack = try scratch.beginPack()
        let made = try scratch.commit(commit)
        let who = Signature(
            name: CommitStamps.device(of: made), email: made.author.email,
            seconds: made.committer.seconds)
        let empty = Commit(
            tree: try pack.add(.tree, []), parents: [], author: who, committer: who,
            message: "nothing\n")
        let id = try pack.add(.commit, empty.serialized)
        try pack.finish()
        passing.insert(id)
        return id
    }

    private mutating func passing(_ tree: ObjectID, on parents: [ObjectID]) throws -> ObjectID {
        let message = CaptureMessage.text(
            asked: ChangeWords("what is left"), device: author.name, time: now)
        let commit = Commit(
            tree: tree, parents: parents, author: author, committer: author, message: message)
        let pack = try scratch.beginPack()
        let id = try pack.add(.commit, commit.serialized)
        try pack.finish()
        passing.insert(id)
        return id
    }

    /// The tree of before where the patterns match, and the one of after elsewhere.
    private func narrowed(from made: ObjectID, to before: ObjectID) throws -> ObjectID {
        guard let patterns else { return before }
        var versions: [TreePath: FileVersion?] = [:]
        let records = try patterns.records(of: [made, before], reading: scratch)
        for change in try TreeDiff.changes(from: made, to: before, reading: scratch)
        where patterns.match(change.path) || records.contains(change.path) {
            versions.updateValue(change.after, forKey: change.path)
        }
        let pack = try scratch.beginPack()
        let tree = try TreeEdit.apply(versions, to: made, reading: scratch, writing: pack)
        try pack.finish()
        return tree
    }

    /// The tree to go back to but for files in which taking back just this is an open conflict:
    /// once more it would say the same a second time.
    private func withoutOpen(from made: ObjectID, to before: ObjectID) throws -> ObjectID {
        let records = try ConflictList(of: tree, reading: scratch).records.filter(\.isText)
        if records.isEmpty { return before }
        let open = Dictionary(grouping: records, by: \.path)
        var versions: [TreePath: FileVersion?] = [:]
        for change in try TreeDiff.changes(from: made, to: before, reading: scratch) {
            let isOpen = open[change.path, default: []].contains { record in
                record.bases.contains { $0.blob == change.before?.id ?? .emptyBlob }
                    && record.sides.contains { $0.blob == change.after?.id }
            }
            if isOpen, try TreeDiff.file(at: change.path, of: tree, reading: scratch) != nil {
                versions.updateValue(change.before, forKey: change.path)
            }
        }
        if versions.isEmpty { return before }
        let pack = try scratch.beginPack()
        let tree = try TreeEdit.apply(versions, to: before, reading: scratch, writing: pack)
        try pack.finish()
        return tree
    }

    /// Notes the records of memories that the change touched and somebody changed since.
    private mutating func noteRecords(_ made: ObjectID, _ old: ObjectID) throws {
        let theirs = try TreeDiff.changes(from: made, to: old, reading: scratch)
        // What only had another name goes along with what was made of it.
        let renamed = TreeChange.renames(theirs)
        for change in theirs
        where !ConflictRecord.isRecord(change.path) && renamed[change.path] == nil {
            let here = try TreeDiff.file(at: change.path, of: tree, reading: scratch)
            guard change.before?.mode.isFile ?? true, let here, here.mode.isFile,
                here.id != change.before?.id, here.id != change.after?.id
            else { continue }
            let content = try change.before.map { try scratch.blob($0.id) }
            let now = try scratch.blob(here.id)
            let type = try TypeRules(of: tree, for: change.path, reading: scratch)
                .type(of: change.path, content: content ?? now).rule.type
            let after = try change.after.flatMap { $0.mode.isFile ? try scratch.blob($0.id) : nil }
            guard type.hasRecords,
                let one = RecordDifference.changes(content, now),
                let two = RecordDifference.changes(content, after)
            else { continue }
            let changed = Dictionary(one.map { ($0.name, $0.after) }) { first, _ in first }
            let both = two.filter { other in
                changed[other.name].map { $0 != other.after } ?? false
            }
            if !both.isEmpty { kept[change.path, default: []].formUnion(both.map(\.name)) }
        }
    }

    /// The records of conflicts that name what no branch will have, with it in them: the bytes of
    /// blobs that are in memory alone, and the head in place of a commit that passes.
    private func lastingRecords(_ pack: any PackSink) throws -> [TreePath: FileVersion?] {
        let known = Set(try ConflictList(of: headTree, reading: scratch).entries.map(\.version.id))
        // No other device has of a head that was left what the tree does not hold.
        let isOfLeftHead = passing.contains { repository.contains($0) }
        var result: [TreePath: FileVersion?] = [:]
        for entry in try ConflictList(of: tree, reading: scratch).entries
        where !known.contains(entry.version.id) {
            guard let record = entry.record else { continue }
            let lacksAll = isOfLeftHead && record.isText
            let lasting = try record.holding(
                reading: scratch,
                commit: { commit in
                    passing.contains(commit) ? head : commit
                },
                bytesOf: {
                    lacksAll || scratch.madeBlob($0) != nil && !repository.contains($0)
                })
            if lasting == record { continue }
            result[record.recordPath] = FileVersion(
                mode: .regular, id: try pack.add(.blob, lasting.rendered))
        }
        return result
    }
}
