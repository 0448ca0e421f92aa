internal import SyncModel

/// What a commit stands upon, as far as it can be read: where the contents of a parent were
/// thinned, or a tree of it is malformed, the nearest commits behind it that have theirs. So a
/// commit that can be read shows what changed since the last one that can, and another shows
/// nothing.
final class WholeParents {
    private let reader: any ObjectReader
    private let isWhole: Bool
    /// Trees that can be read with all below them, once a malformed one was met; nil before: no
    /// tree is read for this then.
    private var sound: Set<ObjectID>?

    init(reading reader: any ObjectReader) {
        self.reader = reader
        isWhole = reader.thinnedBehind.isEmpty
    }

    /// Whether what a commit holds was thinned.
    func isThinned(_ commit: Commit) -> Bool { !isWhole && reader.isThinned(commit.tree) }

    /// The same, or whether a tree of it is known to be malformed.
    func isUnread(_ commit: Commit) throws(RepositoryError) -> Bool {
        if isThinned(commit) { return true }
        if sound == nil { return false }
        return try !isSound(commit.tree)
    }

    /// The commits that a commit is compared with, each once.
    func of(_ commit: Commit) throws(RepositoryError) -> [ObjectID] {
        if isWhole && sound == nil { return commit.parents }
        var found: [ObjectID] = []
        var seen: Set<ObjectID> = []
        var pending = Array(commit.parents.reversed())
        while let id = pending.popLast() {
            guard seen.insert(id).inserted else { continue }
            let parent = try reader.commit(id)
            if try isUnread(parent) {
                pending += parent.parents.reversed()
            } else {
                found.append(id)
            }
        }
        return found
    }

    /// Reads something of the history, and once more where that came upon the first malformed tree:
    /// from then on commits with such trees are passed over. Another program made it so, and what
    /// stands on top mends; a tree that is damaged or not there ends the reading.
    func passingOver<Value>(_ read: () throws(RepositoryError) -> Value) throws(RepositoryError)
        -> Value
    {
        do throws(RepositoryError) { return try read() } catch {
            guard sound == nil, error.code == .corrupt, let id = error.object,
                try isMalformed(id)
            else { throw error }
            sound = []
            return try read()
        }
    }

    /// Whether an object is here as it was made, and nobody can read a tree of it.
    private func isMalformed(_ id: ObjectID) throws(RepositoryError) -> Bool {
        // One that is damaged ends the reading here.
        let stored = try reader.object(id)
        if stored.kind != .tree { return true }
        do { _ = try Tree(parsing: stored.content) } catch { return true }
        return false
    }

    /// Whether a tree can be read with all below it; looks at each but once.
    private func isSound(_ root: ObjectID) throws(RepositoryError) -> Bool {
        if sound?.contains(root) ?? false { return true }
        var seen: Set<ObjectID> = []
        var pending = [root]
        while let id = pending.popLast() {
            if sound?.contains(id) ?? false || !seen.insert(id).inserted { continue }
            if id == Tree.emptyID { continue }
            if try isMalformed(id) { return false }
            for entry in try reader.tree(id).entries where entry.mode == .directory {
                pending.append(entry.id)
            }
        }
        sound?.formUnion(seen)
        return true
    }
}
