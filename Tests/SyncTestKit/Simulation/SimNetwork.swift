internal import SyncModel
internal import SyncRemote

/// A way to a remote: over a path, or as over a network.
protocol SimTransfer: AnyObject {
    func fetch(_ mayBring: IntakeGate) throws(RemoteError) -> RemoteSnapshot
    func push(_ head: ObjectID, expecting expected: ObjectID?, applied: ObjectID?)
        throws(RemoteError) -> PushOutcome
    func bringBack() throws(RemoteError)
}

extension PathTransfer: SimTransfer {}

/// Chooses what a push sends as a network remote does, by what it remembers of the remote's
/// references and never by what the remote has, and gives it to one that takes nothing which is
/// not whole.
final class SimNetwork: SimTransfer {
    private let local: InMemoryRepository
    private let remote: InMemoryRepository
    private let device: String
    private let path: PathTransfer
    private var random: SeededRandom
    private let refused: (String) -> Void
    /// The remote's references as they were last seen.
    private var references: [String: ObjectID] = [:]
    /// What was found to be whole at the remote.
    private var whole: Set<ObjectID> = []

    /// - Parameter refused: told what a push did not bring along.
    init(
        local: InMemoryRepository, remote: InMemoryRepository, device: String, seed: UInt64,
        refused: @escaping (String) -> Void
    ) {
        (self.local, self.remote, self.device, self.refused) = (local, remote, device, refused)
        path = PathTransfer(local: local, remote: remote, branch: "sync", device: device)
        random = SeededRandom(seed: seed)
    }

    private let branch = "refs/heads/sync"
    private var own: String { PathTransfer.devices + device }

    func fetch(_ mayBring: IntakeGate) throws(RemoteError) -> RemoteSnapshot {
        let seen = try path.fetch(mayBring)
        references = [branch: seen.head].compactMapValues { $0 }
        for (name, id) in seen.devices { references[PathTransfer.devices + name] = id }
        return seen
    }

    func bringBack() throws(RemoteError) { try path.bringBack() }

    func push(_ head: ObjectID, expecting expected: ObjectID?, applied: ObjectID?)
        throws(RemoteError) -> PushOutcome
    {
        do {
            guard try remote.reference(branch) == expected else { return .moved }
            if let expected, try !commits(from: [head], notIn: []).contains(expected) {
                return .moved
            }
            let tips = [head] + (applied.map { [$0] } ?? [])
            let known = Set(references.values).union(expected.map { [$0] } ?? [])
            var commits = try commits(from: tips, notIn: known.sorted())
            // A server's order hangs on clocks: any may come.
            commits.shuffle(using: &random)
            try take(try MissingObjects.ids(of: commits, reading: local))
            if let lacking = try lacking(tips) {
                refused("\(device)'s push of \(head.short) lacks \(lacking)")
                return .declined("missing necessary objects")
            }
            try remote.setReference(branch, to: head, expecting: expected)
            references[branch] = head
            if let applied {
                try remote.setReference(own, to: applied, expecting: remote.reference(own))
                references[own] = applied
            }
            return .accepted
        } catch {
            if error.code == .moved || error.code == .locked { return .moved }
            throw RemoteError(error, "push")
        }
    }

    /// What `git rev-list` lists, in no order.
    private func commits(from tips: [ObjectID], notIn known: [ObjectID])
        throws(RepositoryError) -> [ObjectID]
    {
        let hidden = try reached(from: known.filter(local.contains), but: [])
        return try reached(from: tips, but: hidden).sorted()
    }

    private func reached(from tips: [ObjectID], but hidden: Set<ObjectID>)
        throws(RepositoryError) -> Set<ObjectID>
    {
        var found: Set<ObjectID> = []
        var pending = tips
        while let id = pending.popLast() {
            guard !hidden.contains(id), found.insert(id).inserted else { continue }
            pending += try local.commit(id).parents
        }
        return found
    }

    private func take(_ ids: [ObjectID]) throws(RepositoryError) {
        let pack = try remote.beginPack()
        for id in ids {
            let stored =
                id == Tree.emptyID
                ? StoredObject(kind: .tree, content: []) : try local.object(id)
            _ = try pack.add(stored.kind, stored.content)
        }
        try pack.finish()
    }

    /// The first object that the remote lacks of all that these lead to.
    private func lacking(_ tips: [ObjectID]) throws(RepositoryError) -> ObjectID? {
        var found = whole
        var pending = tips
        while let id = pending.popLast() {
            guard found.insert(id).inserted else { continue }
            guard remote.contains(id) else { return id }
            switch try remote.header(id).kind {
            case .commit:
                let commit = try remote.commit(id)
                pending += commit.parents + [commit.tree]
            case .tree:
                pending += try remote.tree(id).entries.filter { $0.mode != .submodule }.map(\.id)
            case .blob, .tag: break
            }
        }
        whole = found
        return nil
    }
}
