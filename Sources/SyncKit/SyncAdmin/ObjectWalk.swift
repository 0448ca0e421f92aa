internal import SyncModel

/// Reads every object that some commits lead to, and says which cannot be read. The repository
/// compares each with its name.
struct ObjectWalk {
    /// How many objects were read.
    private(set) var count = 0
    /// How many were taken out when the remote had them: `[history] keep`.
    private(set) var thinned = 0
    /// What is wrong, in words, one object each; more than `Limits.listedPaths` are only counted.
    private(set) var problems: [String] = []
    private(set) var more = 0
    /// How many are at the remote alone, for their size.
    private(set) var leftOut = 0
    /// The first object that is as it was made, and made otherwise than git does; in words.
    private(set) var malformed: String?

    private let reader: any ObjectReader
    /// Called before an object is read a second time: a daemon may have put it into another pack.
    private let refresh: () throws(RepositoryError) -> Void
    private var seen: Set<ObjectID> = []
    private var waiting: [Waiting] = []

    /// An object that is to be read: what it has to be, and what leads to it.
    private struct Waiting {
        let id: ObjectID
        let kind: ObjectKind?
        let parent: ObjectID?
    }

    init(
        _ reader: any ObjectReader, refresh: @escaping () throws(RepositoryError) -> Void = {}
    ) {
        (self.reader, self.refresh) = (reader, refresh)
    }

    /// Reads an object and all that it leads to, what was read before left out.
    mutating func read(from id: ObjectID) {
        add(id, nil, nil)
        while let next = waiting.popLast() { read(next) }
    }

    private mutating func add(_ id: ObjectID, _ kind: ObjectKind?, _ parent: ObjectID?) {
        if id == Tree.emptyID || !seen.insert(id).inserted { return }
        waiting.append(Waiting(id: id, kind: kind, parent: parent))
    }

    private mutating func read(_ next: Waiting) {
        do throws(RepositoryError) {
            let stored = try object(next.id)
            count += 1
            if let kind = next.kind, kind != stored.kind {
                noteForm("a \(stored.kind) stands for a \(kind)", of: next)
            }
            do { try follow(next, stored) } catch {
                noteForm("\(error.cause.isEmpty ? error.code.words : error.cause)", of: next)
            }
        } catch {
            // It was taken out on purpose, with what only it leads to.
            if error.code == .thinned { return thinned += 1 }
            if error.code == .leftOut { return leftOut += 1 }
            note("\(error)" + Self.place(next))
        }
    }

    /// Adds all that an object leads to.
    /// - Throws: for one that cannot be parsed.
    private mutating func follow(_ next: Waiting, _ stored: StoredObject) throws(RepositoryError) {
        switch stored.kind {
        case .blob: break
        case .tag: if let id = stored.tagged { add(id, nil, next.id) }
        case .commit:
            let commit = try reader.commit(next.id)
            for parent in commit.parents { add(parent, .commit, next.id) }
            add(commit.tree, .tree, next.id)
        case .tree:
            for entry in try reader.tree(next.id).entries where entry.mode != .submodule {
                add(entry.id, entry.mode == .directory ? .tree : .blob, next.id)
            }
        }
    }

    private mutating func noteForm(_ words: String, of next: Waiting) {
        malformed = malformed ?? "\(next.id.hex): \(words)" + Self.place(next)
    }

    private static func place(_ waiting: Waiting) -> String {
        waiting.parent.map { ", which \($0.hex) leads to" } ?? ""
    }

    private func object(_ id: ObjectID) throws(RepositoryError) -> StoredObject {
        do { return try reader.object(id) } catch {
            try refresh()
            return try reader.object(id)
        }
    }

    private mutating func note(_ problem: String) {
        if problems.count < Limits.listedPaths { problems.append(problem) } else { more += 1 }
    }
}
