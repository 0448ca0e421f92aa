internal import FoundationEssentials
internal import SyncMerge
internal import SyncModel

/// Files written by request: they are committed over the head that was looked at, and applied to
/// the folder like another device's.
final class RequestedWrites {
    private let repository: any ObjectRepository
    /// Where writes may go.
    let places: WritablePlaces
    private let branch: Branch
    private let commits: ChangeCommits

    init(
        _ repository: any ObjectRepository, _ places: WritablePlaces, branch: Branch,
        commits: ChangeCommits
    ) {
        (self.repository, self.places) = (repository, places)
        (self.branch, self.commits) = (branch, commits)
    }

    /// Commits files.
    /// - Parameters:
    ///   - targets: where they go, in the order of the request.
    ///   - agent: the trailer `Sync-Agent`; nil for none.
    /// - Throws: `ChangeRefusal` `.moved` when another version stands there than one of them
    ///   names; nothing has changed then.
    func write(_ request: WriteRequest, to targets: [WritablePlaces.Place], agent: String?) throws
        -> (report: ChangeReport, files: [WriteReport.File])
    {
        let tree = try repository.tree(of: branch.head())
        let pack = try repository.beginPack()
        var versions: [TreePath: FileVersion?] = [:]
        var files: [WriteReport.File] = []
        var written: [TreePath: [UInt8]] = [:]
        for (write, target) in zip(request.writes, targets) {
            let here = try TreeDiff.version(at: target.path, of: tree, reading: repository)
            try check(write, target.path, here)
            if write.delete ?? false {
                if write.content != nil {
                    throw ChangeRefusal(
                        .wrong, "\(target.path): expected content or delete: true, not both")
                }
                guard here != nil else {
                    throw ChangeRefusal(.missing, "there is no \(target.path)")
                }
                versions.updateValue(nil, forKey: target.path)
                files.append(.init(path: target.path, blob: nil))
                continue
            }
            let content = try Self.content(of: write, target.path)
            written[target.path] = content
            let mode: FileMode = here?.mode == .executable ? .executable : .regular
            let version = FileVersion(mode: mode, id: try pack.add(.blob, content))
            try WritablePlaces.checkAround(target.path, of: tree, reading: repository)
            versions[target.path] = version
            files.append(.init(path: target.path, blob: version.id))
        }
        guard versions.count == targets.count else {
            throw ChangeRefusal(.wrong, "a path is written twice")
        }
        for path in written.keys {
            guard let file = path.ancestors.first(where: { written[$0] != nil }) else { continue }
            throw ChangeRefusal(.wrong, "\(file) is written as a file, and \(path) below it")
        }
        versions.merge(
            try RestoredVersions(repository: repository).consequences(
                of: versions, ResolvedByEdit(tree, reading: repository), into: pack,
                written: written)
        ) { written, _ in written }
        let report = try commits.commit(
            versions, into: pack, ChangeWords(Self.subject(request, targets), agent: agent),
            isDryRun: false, isWritten: true)
        return (report, files)
    }

    private func check(_ write: FileWrite, _ path: TreePath, _ here: FileVersion?) throws {
        if here?.isDirectory ?? false { throw ChangeRefusal(.wrong, "\(path) is a directory") }
        guard let wanted = write.ifMatch else { return }
        if wanted == "*" {
            guard here == nil else {
                throw ChangeRefusal(.moved, "\(path) exists: \(here?.id.description ?? "")")
            }
            return
        }
        guard let blob = ObjectID(hex: wanted) else {
            throw ChangeRefusal(.wrong, "if_match takes a blob's id of 40 digits, or *")
        }
        guard here?.id == blob else {
            let now = here.map { "is \($0.id)" } ?? "does not exist"
            throw ChangeRefusal(.moved, "\(path) \(now), not \(blob)")
        }
    }

    private static func content(of write: FileWrite, _ path: TreePath) throws -> [UInt8] {
        guard let text = write.content else {
            throw ChangeRefusal(.wrong, "\(path): expected content, or delete: true")
        }
        var content = Array(text.utf8)
        if write.encoding == .base64 {
            guard let data = Data(base64Encoded: text) else {
                throw ChangeRefusal(.wrong, "\(path): the content is not base 64")
            }
            content = Array(data)
        }
        if content.count > Limits.fileSize {
            throw ChangeRefusal(.wrong, "\(path): files have at most \(Limits.fileSize >> 20) MiB")
        }
        if let words = ServerCheck.refusal(of: content, named: path.name) {
            throw ChangeRefusal(.wrong, "\(path): servers refuse \(words)")
        }
        return content
    }

    /// One line of bounded length: a client may say anything.
    private static func subject(_ request: WriteRequest, _ targets: [WritablePlaces.Place])
        -> String
    {
        let said = (request.description ?? "").split(whereSeparator: \.isNewline).first
        let line = String(SafeText.escaped(String(said ?? "")).prefix(Limits.subjectCharacters))
        if line.contains(where: { !$0.isWhitespace }) { return line }
        if targets.count > 1 { return "\(targets.count) files by request" }
        let verb = request.writes.first?.delete ?? false ? "deleted" : "wrote"
        return "\(verb) \(targets.first?.path.description ?? "") by request"
    }
}
