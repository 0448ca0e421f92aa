package import SyncMerge
package import SyncModel

/// Commits written in a line each, for tables of merges.
package final class SmallHistory {
    package let repository = InMemoryRepository()

    /// An empty repository.
    package init() {}

    /// Makes a commit whose tree holds these files: text, or `link:target`, or `exec:text`; `dir:`
    /// is a directory with nothing in it.
    /// - Parameters:
    ///   - time: its `Sync-HLC` in milliseconds.
    package func commit(
        _ files: [String: String], on parents: [ObjectID] = [], time: Int64,
        device: String = "maple"
    ) throws -> ObjectID {
        let pack = try repository.beginPack()
        var versions: [TreePath: FileVersion?] = [:]
        for (name, text) in files {
            guard let path = TreePath(name) else { continue }
            versions[path] = .some(try version(text, pack))
        }
        let tree = try TreeEdit.apply(versions, to: nil, reading: repository, writing: pack)
        let who = Signature(name: device, email: "\(device)@x", seconds: time / 1000)
        let commit = Commit(
            tree: tree, parents: parents, author: who, committer: who,
            message: "c\n\nSync-Device: \(device)\nSync-HLC: \(time)\n")
        let id = try pack.add(.commit, commit.serialized)
        try pack.finish()
        return id
    }

    private func version(_ text: String, _ pack: any PackSink) throws -> FileVersion {
        if text == "dir:" { return .emptyDirectory }
        if text.hasPrefix("link:") {
            return FileVersion(
                mode: .symbolicLink, id: try pack.add(.blob, Array(text.dropFirst(5).utf8)))
        }
        if text.hasPrefix("exec:") {
            return FileVersion(
                mode: .executable, id: try pack.add(.blob, Array(text.dropFirst(5).utf8)))
        }
        return FileVersion(mode: .regular, id: try pack.add(.blob, Array(text.utf8)))
    }

    /// The files of a tree in the form that `commit` takes; of a conflict copy's name the blob's
    /// digits are written as `#`, but for a second copy of one name.
    package func files(of tree: ObjectID) throws -> [String: String] {
        var result: [String: String] = [:]
        let changes = try TreeDiff.changes(from: nil, to: tree, reading: repository)
        for change in changes.sorted(by: { $0.path < $1.path }) {
            guard let version = change.after else { continue }
            if version.isDirectory {
                result[change.path.text] = "dir:"
                continue
            }
            let text = String(decoding: try repository.blob(version.id), as: UTF8.self)
            let kind = [.symbolicLink: "link:", .executable: "exec:"][version.mode] ?? ""
            let name = change.path.text.replacing(".conflict-\(version.id.short)", with: ".#")
            result[result[name] == nil ? name : change.path.text] = kind + text
        }
        return result
    }

    /// Merges two commits against a base by the rules for trees, and writes the result.
    package func merge(base: ObjectID?, _ first: ObjectID, _ second: ObjectID) throws
        -> (files: [String: String], losses: [MergeLoss])
    {
        let sides = try [first, second].map {
            MergeSide(commit: $0, tree: try repository.commit($0).tree)
        }
        let result = try TreeMerge(
            reading: repository, stamps: CommitStamps(reading: repository), rule: LastWriteWins()
        ).merge(
            base: try base.map { try repository.commit($0).tree }, first: sides[0],
            second: sides[1])
        let pack = try repository.beginPack()
        let tree = try TreeEdit.apply(
            result.versions, to: sides[0].tree, reading: repository, writing: pack)
        try pack.finish()
        return (try files(of: tree), result.losses)
    }
}
