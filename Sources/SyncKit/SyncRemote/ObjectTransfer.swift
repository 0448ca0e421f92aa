package import SyncModel

/// Copies what one repository has and another lacks, as one pack.
///
/// Where it copies to here, an object that is contained is taken to be there with all it refers to:
/// packs appear whole, and a reference moves only after its pack is there. At a remote somebody may
/// be tidying up: it is sent all that its references do not lead to.
package struct ObjectTransfer {
    private let source: any ObjectReader
    private let target: any ObjectRepository
    private let count: (Int) -> Void
    private var seen: Set<ObjectID> = []
    /// Trees and blobs of ancestors that cannot be read, or lead to such.
    private var broken: Set<ObjectID> = []
    /// Blobs that were left out: the source gives none so large.
    private var tooLarge: Set<ObjectID> = []
    /// Whether it was the target that failed.
    private(set) var hasTargetFailed = false

    /// Copies from `source` to `target`.
    /// - Parameter count: told the bytes of each object that was copied.
    package init(
        from source: any ObjectReader, to target: any ObjectRepository,
        count: @escaping (Int) -> Void = { _ in }
    ) {
        self.source = source
        self.target = target
        self.count = count
    }

    /// Copies the commits and everything they refer to.
    /// - Parameter toleratesPast: leaves out what is damaged or missing in commits before these,
    ///   with the trees that lead there: nobody has to hold it, and a good commit on top of a bad
    ///   one mends. Of all commits it leaves out the blobs that are too large.
    /// - Returns: how many objects the target lacked.
    /// - Throws: `.missing` or `.corrupt` with the object when the source is not whole, or what
    ///   the target's pack throws. The target has nothing of it then.
    @discardableResult package mutating func copy(
        _ tips: [ObjectID], toleratesPast: Bool = false
    ) throws(RepositoryError) -> Int {
        (seen, broken) = ([], [])
        var pending = lacking(tips)
        // What the tips need is copied first: it may be left out nowhere.
        let strict = Set(pending)
        if pending.isEmpty { return 0 }
        let pack = try beginPack()
        var commits = 0
        var past: [ObjectID] = []
        while let id = pending.popLast() {
            commits += 1
            if commits > Limits.historyWalk {
                throw RepositoryError(.io, "copy history", object: id, "too long")
            }
            let stored = try object(id, .commit)
            try add(id, stored, to: pack)
            let commit: Commit
            do { commit = try Commit(parsing: stored.content) } catch {
                throw RepositoryError(.corrupt, "copy commit", object: id, "\(error)")
            }
            if !toleratesPast || strict.contains(id) {
                try copyTree(commit.tree, to: pack, leavingOutLarge: toleratesPast)
            } else {
                past.append(commit.tree)
            }
            try checkParents(commit, of: id)
            pending.append(contentsOf: lacking(commit.parents))
        }
        for tree in past { try copyWhatIsThere(tree, to: pack) }
        try finish(pack)
        return seen.count
    }

    /// Copies what commits bring, also what the target has of it: what none of its references leads
    /// to may be on its way out there, as under `git repack -a -d`, and lead to what is gone.
    /// - Parameters:
    ///   - commits: in any order; the target's references lead to their other parents.
    ///   - known: the tree of a commit that one of those leads to: what is in it is not copied
    ///     where that would be more than `Limits.resentBytes`.
    /// - Returns: how many objects were copied.
    /// - Throws: as `copy`.
    package mutating func send(_ commits: [ObjectID], beside known: ObjectID?)
        throws(RepositoryError) -> Int
    {
        let pack = try beginPack()
        let ids = try MissingObjects.ids(of: commits, reading: source)
        var there = 0
        for id in ids where there <= Limits.resentBytes && id != Tree.emptyID {
            if target.contains(id) { there += try source.header(id).size }
        }
        let reached = there > Limits.resentBytes ? try contents(of: known) : []
        var sent = 0
        for id in ids where !reached.contains(id) {
            try add(id, try object(id), to: pack, again: true)
            sent += 1
        }
        try finish(pack)
        return sent
    }

    /// Everything that a tree leads to, itself included.
    private func contents(of root: ObjectID?) throws(RepositoryError) -> Set<ObjectID> {
        var found: Set<ObjectID> = []
        var pending = root.map { [$0] } ?? []
        while let id = pending.popLast() {
            guard found.insert(id).inserted else { continue }
            for entry in try source.tree(id).entries where entry.mode != .submodule {
                if entry.mode == .directory {
                    pending.append(entry.id)
                } else {
                    found.insert(entry.id)
                }
            }
        }
        return found
    }

    /// Copies what commits and those behind them hold and the target lacks, though it has the
    /// commits: as far as the source has it.
    /// - Returns: how many objects the target lacked.
    /// - Throws: as `copy`.
    package mutating func copyAgain(_ tips: [ObjectID]) throws(RepositoryError) -> Int {
        (seen, broken) = ([], [])
        let pack = try beginPack()
        var walked = Set(tips)
        var pending = tips
        while let id = pending.popLast() {
            let stored = try object(id, .commit)
            if !target.contains(id) {
                seen.insert(id)
                try add(id, stored, to: pack)
            }
            let commit = try source.commit(id)
            try copyWhatIsThere(commit.tree, to: pack)
            for parent in commit.parents
            where source.contains(parent) && walked.insert(parent).inserted {
                pending.append(parent)
            }
            if walked.count > Limits.historyWalk {
                throw RepositoryError(.io, "copy history", object: id, "too long")
            }
        }
        try finish(pack)
        return seen.count
    }

    /// Refuses a commit made upon what is none; one that comes, too, is looked at as it comes.
    private func checkParents(_ commit: Commit, of id: ObjectID) throws(RepositoryError) {
        for parent in commit.parents where target.contains(parent) {
            let kind = try target.header(parent).kind
            if kind == .commit { continue }
            throw RepositoryError(
                .corrupt, "copy commit", object: id, "its parent \(parent.short) is a \(kind)")
        }
    }

    /// Copies a tree and what stands below it.
    private mutating func copyTree(
        _ root: ObjectID, to pack: any PackSink, leavingOutLarge: Bool
    ) throws(RepositoryError) {
        var pending = lacking([root])
        while let id = pending.popLast() {
            let stored = try object(id, .tree)
            try add(id, stored, to: pack)
            let tree: Tree
            do { tree = try Tree(parsing: stored.content) } catch {
                throw RepositoryError(.corrupt, "copy tree", object: id, "\(error)")
            }
            for entry in tree.entries where entry.mode != .submodule {
                guard let missing = lacking([entry.id]).first else { continue }
                if entry.mode == .directory {
                    pending.append(missing)
                } else {
                    do throws(RepositoryError) {
                        try add(missing, try object(missing, .blob), to: pack)
                    } catch {
                        guard leavingOutLarge, error.code == .tooLarge else { throw error }
                        tooLarge.insert(missing)
                    }
                }
            }
        }
    }

    /// A tree of the past on the way down.
    private struct Frame {
        let id: ObjectID
        let stored: StoredObject
        let entries: [TreeEntry]
        var next = 0
        var isBroken = false
    }

    /// Copies what can be read of a tree and what stands below it. A tree comes after all it
    /// leads to, and only if that is whole: who has it has all of it.
    private mutating func copyWhatIsThere(_ root: ObjectID, to pack: any PackSink)
        throws(RepositoryError)
    {
        guard !lacking([root]).isEmpty, let first = try frame(root) else { return }
        var frames = [first]
        while var frame = frames.popLast() {
            guard frame.next < frame.entries.count else {
                if frame.isBroken {
                    broken.insert(frame.id)
                    if !frames.isEmpty { frames[frames.count - 1].isBroken = true }
                } else {
                    try add(frame.id, frame.stored, to: pack)
                }
                continue
            }
            let entry = frame.entries[frame.next]
            frame.next += 1
            if broken.contains(entry.id) { frame.isBroken = true }
            if entry.mode == .submodule || lacking([entry.id]).isEmpty {
                frames.append(frame)
            } else if entry.mode == .directory {
                let below = try self.frame(entry.id)
                if below == nil { frame.isBroken = true }
                frames.append(frame)
                if let below { frames.append(below) }
            } else {
                if let blob = try readable(entry.id, .blob) {
                    try add(entry.id, blob, to: pack)
                } else {
                    // What is too large is known to be at the remote alone.
                    if !tooLarge.contains(entry.id) { frame.isBroken = true }
                }
                frames.append(frame)
            }
        }
    }

    private mutating func frame(_ id: ObjectID) throws(RepositoryError) -> Frame? {
        guard let stored = try readable(id, .tree) else { return nil }
        do {
            return Frame(id: id, stored: stored, entries: try Tree(parsing: stored.content).entries)
        } catch {
            // Whoever reads it is told that it is malformed.
            return Frame(id: id, stored: stored, entries: [])
        }
    }

    /// Nil, and noted, for what is damaged or not there.
    private mutating func readable(_ id: ObjectID, _ kind: ObjectKind) throws(RepositoryError)
        -> StoredObject?
    {
        do throws(RepositoryError) { return try object(id, kind) } catch {
            let isOfObject = [.corrupt, .missing, .thinned, .leftOut, .tooLarge]
                .contains(error.code)
            if !isOfObject { throw error }
            if error.code == .tooLarge && kind == .blob {
                tooLarge.insert(id)
            } else {
                broken.insert(id)
            }
            return nil
        }
    }

    /// Those that neither the target has nor this copy has come upon before.
    private mutating func lacking(_ ids: [ObjectID]) -> [ObjectID] {
        var result: [ObjectID] = []
        for id in ids where !seen.contains(id) && !target.contains(id) {
            seen.insert(id)
            result.append(id)
        }
        return result
    }

    private func object(_ id: ObjectID) throws(RepositoryError) -> StoredObject {
        // The tree without entries need not be stored anywhere.
        id == Tree.emptyID ? StoredObject(kind: .tree, content: []) : try source.object(id)
    }

    private func object(_ id: ObjectID, _ kind: ObjectKind) throws(RepositoryError)
        -> StoredObject
    {
        let stored = try object(id)
        if stored.kind == kind { return stored }
        throw RepositoryError(
            .corrupt, "copy \(kind)", object: id, "it is a \(stored.kind)")
    }

    private mutating func beginPack() throws(RepositoryError) -> any PackSink {
        do { return try target.beginPack() } catch {
            hasTargetFailed = true
            throw error
        }
    }

    private mutating func finish(_ pack: any PackSink) throws(RepositoryError) {
        do {
            if !tooLarge.isEmpty { try target.noteLeftOut(tooLarge) }
            try pack.finish()
        } catch {
            hasTargetFailed = true
            throw error
        }
    }

    /// - Parameter again: writes it also where the target has it.
    private mutating func add(
        _ id: ObjectID, _ stored: StoredObject, to pack: any PackSink, again: Bool = false
    ) throws(RepositoryError) {
        let added: ObjectID
        do throws(RepositoryError) {
            added =
                again
                ? try pack.addAgain(stored.kind, stored.content)
                : try pack.add(stored.kind, stored.content)
        } catch {
            hasTargetFailed = true
            throw error
        }
        count(stored.content.count)
        if added == id { return }
        throw RepositoryError(
            .corrupt, "copy \(stored.kind)", object: id, "its bytes hash to \(added.hex)")
    }
}
