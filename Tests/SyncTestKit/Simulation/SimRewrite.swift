internal import SyncMerge
internal import SyncModel

/// Somebody who does to the remote what no device ever does.
extension SimWorld {
    /// Lets one device begin and the others join: histories that began apart look like those of
    /// two vaults once the commit that joined them is gone.
    func joinAll() async throws {
        isWild = false
        defer { isWild = true }
        edit(devices[0])
        for device in devices { _ = try await cycle(device) }
    }

    /// Empties the remote, puts another repository in its place, takes its branch back, or makes
    /// another history of its last commits.
    func rewriteRemote() throws {
        let name = "refs/heads/sync"
        guard let head = try remote.reference(name) else { return }
        rewritesLeft -= 1
        let next: ObjectID? =
            switch random.below(6) {
            case 0: nil
            case 1: try foreignCommit(on: nil)
            case 2: try before(head)
            default: try foreignCommit(on: try before(head))
            }
        trace("somebody moves the remote from \(head.short) to \(next?.short ?? "nothing")")
        try remote.setReference(name, to: next, expecting: head)
    }

    /// A commit up to five steps back, on any line of the history.
    private func before(_ head: ObjectID) throws -> ObjectID {
        var id = head
        for _ in 0...random.below(5) {
            let parents = try remote.commit(id).parents
            if parents.isEmpty { break }
            id = parents[random.below(parents.count)]
        }
        return id
    }

    /// A commit by another git client: a file of its own, and now and then one of all less.
    private func foreignCommit(on parent: ObjectID?) throws -> ObjectID {
        let path = prefix.appending(Self.path("documents/git-\(rewritesLeft)"))
        let content = tokens.content(by: devices[0], of: path)
        let pack = try remote.beginPack()
        let blob = try pack.add(.blob, content)
        // Whoever rewrites history has no promise that it stays.
        tokens.drop(blob)
        var versions: [TreePath: FileVersion?] = [:]
        versions[path] = FileVersion(mode: .regular, id: blob)
        if parent != nil, random.oneIn(2) {
            let gone = prefix.appending(Self.path("documents/todo.md"))
            versions.updateValue(nil, forKey: gone)
        }
        let tree = try TreeEdit.apply(
            versions, to: try parent.map { try remote.commit($0).tree }, reading: remote,
            writing: pack)
        let who = Signature(
            name: "somebody", email: "somebody@example.org",
            seconds: clock.now().milliseconds / 1000)
        let commit = Commit(
            tree: tree, parents: parent.map { [$0] } ?? [], author: who, committer: who,
            message: "rewrote it\n")
        let plain = commit.serialized
        let signed = commit.serialized(signed: try SimSignature().sign(plain))
        let id = try pack.add(.commit, isStrict ? signed : plain)
        try pack.finish()
        return id
    }
}
