internal import SyncGit
internal import SyncMerge
package import SyncModel

/// A vault's history, for reading; beside a daemon that runs as well as without one.
package struct VaultHistory {
    /// What the vault is and where.
    package let configuration: Configuration
    /// Where objects are read from; the type lets nobody write.
    package private(set) var repository: any ObjectReader
    /// The synced branch's head; nil before the first commit.
    package let head: ObjectID?
    /// Gives where the references below a prefix stand, by their names without it.
    package let references: (_ prefix: String) throws -> [String: ObjectID]

    /// Opens the repository.
    /// - Throws: `RepositoryError`.
    package init(_ configuration: Configuration) throws(RepositoryError) {
        self.configuration = configuration
        let repository = try GitRepository(opening: configuration.repository)
        self.repository = repository
        references = { prefix in
            let found = try repository.references(prefix)
                .map { (String($0.name.dropFirst(prefix.count)), $0.id) }
            return Dictionary(found) { first, _ in first }
        }
        head = try repository.reference("refs/heads/\(configuration.branch)")
    }

    /// The heads that were kept when the remote was rewritten.
    func keptHeads() throws -> [ObjectID] {
        try references(Revision.keptReferences).sorted { $0.key < $1.key }.map(\.value)
    }

    /// The newest commit that another machine made under this device's name; nil for none.
    package func namesake() throws -> ObjectID? { try references(Revision.namesakeReference)[""] }

    /// How far devices are, as the repository itself has it: this one, and in a vault that was made
    /// from a backup those of then.
    package func devicesKnownHere() throws -> [String: ObjectID] {
        try references("refs/sync/devices/")
    }

    /// The same history, with objects read from another place, which has more.
    package func reading(_ reader: any ObjectReader) -> VaultHistory {
        var copy = self
        copy.repository = reader
        return copy
    }

    /// The newest commits, of a path or of everything.
    /// - Parameter most: how many at most.
    package func log(
        _ path: TreePath?, where filter: HistoryFilter = HistoryFilter(), most: Int
    ) throws(RepositoryError) -> [HistoryEntry] {
        guard let head else { return [] }
        return try log(of: path).entries(from: head, where: filter, most: most)
    }

    /// The log of a path is looked up where the daemon keeps an index.
    private func log(of path: TreePath?) -> HistoryLog {
        HistoryLog(
            reading: repository, path: path,
            index: path == nil ? nil : IndexedHistory(configuration))
    }

    /// Gives the newest commits one by one as they are found.
    /// - Parameters:
    ///   - isFolded: whether saves of one file in a row are one.
    ///   - most: how many at most.
    package func eachOfLog(
        _ path: TreePath?, where filter: HistoryFilter, isFolded: Bool, most: Int,
        _ body: (HistoryFold) throws(RepositoryError) -> Void
    ) throws(RepositoryError) {
        guard let head else { return }
        var last: HistoryFold?
        var count = 0
        try log(of: path).each(from: head, where: filter) {
            entry throws(RepositoryError) in
            if isFolded, last?.takes(entry) ?? false {
                last?.add(entry)
                return true
            }
            if let last { try body(last) }
            last = count < most ? HistoryFold(entry) : nil
            count += 1
            return count <= most
        }
        if let last { try body(last) }
    }

    /// A page of the log: the newest commits, or those behind one that the page before ended with.
    /// - Parameters:
    ///   - before: that commit, or a time; nil begins with the head.
    ///   - most: how many at most.
    /// - Throws: `Revision.Unknown`, `RepositoryError`.
    package func page(
        _ path: TreePath?, before: String?, most: Int, now: Timestamp
    ) throws -> [HistoryEntry] {
        guard let head else { return [] }
        var filter = HistoryFilter(now: now)
        let log = log(of: path)
        if let time = try before.flatMap({ try RevisionOrTime.end($0, now: now) }) {
            filter.until = time
            return try log.entries(from: head, where: filter, most: most)
        }
        return try log.entries(
            from: head, where: filter, most: most, after: before.map { try revision($0) })
    }

    /// What was deleted and is not back, the latest first.
    /// - Parameter most: how many at most.
    package func deleted(
        _ path: TreePath?, where filter: HistoryFilter, most: Int
    ) throws(RepositoryError) -> [DeletedFile] {
        guard let head else { return [] }
        return try Deletions(reading: repository, path: path)
            .list(from: head, where: filter, most: most)
    }

    /// What the user's path is in the repository.
    /// - Parameters:
    ///   - workingDirectory: what a local path counts from, absolute.
    ///   - home: what `~` stands for.
    package func place(
        _ text: String, from workingDirectory: String, home: String
    ) throws(RepositoryError) -> NamedPlace {
        if let bytes = QuotedPath.bytes(text) {
            return try place(bytes, from: workingDirectory, home: home)
        }
        let argument = PathArgument(
            configuration, workingDirectory: workingDirectory, home: home,
            following: RealPath())
        return try argument.resolve(
            text,
            isKnown: { path throws(RepositoryError) in
                try head.map { head throws(RepositoryError) in try has(path, in: head) } ?? false
            }, wasKnown: { path throws(RepositoryError) in try !log(path, most: 1).isEmpty })
    }

    /// The same for bytes that need not be a text: what stands above the first name that is none
    /// says where they are.
    private func place(
        _ bytes: [UInt8], from workingDirectory: String, home: String
    ) throws(RepositoryError) -> NamedPlace {
        if let text = String(validating: bytes, as: UTF8.self) {
            return try place(text, from: workingDirectory, home: home)
        }
        let names = bytes.split(separator: 0x2f, omittingEmptySubsequences: false)
        let above = names.prefix { String(validating: $0, as: UTF8.self) != nil }
        var rest = Array(names.dropFirst(above.count).joined(separator: [0x2f]))
        while rest.last == 0x2f { rest.removeLast() }
        guard let rest = TreePath(rest) else { return .outside }
        let directory = String(
            decoding: Array(above.joined(separator: [0x2f])), as: UTF8.self)
        let text = above.isEmpty ? "." : directory.isEmpty ? "/" : directory
        switch try place(text, from: workingDirectory, home: home) {
        case .path(let directory): return .path(directory.appending(rest))
        case .everything: return .path(rest)
        case .outside: return above.isEmpty ? .path(rest) : .outside
        }
    }

    /// Refuses a path for a listing that is empty where nothing changed: it must not be, for a name
    /// that is mistyped.
    /// - Parameter commits: where the path may stand, beside the head.
    /// - Throws: `Revision.Unknown` when nothing stands there, on this machine or in a commit, and
    ///   never did; `RepositoryError`.
    package func refuseUnknown(_ path: TreePath?, beside commits: [ObjectID] = []) throws {
        guard let path else { return }
        let isAbove = configuration.folders.contains { $0.prefix?.isAtOrBelow(path) ?? false }
        if try isAbove || knows(path, in: commits) || !log(path, most: 1).isEmpty { return }
        throw Revision.Unknown(
            description: "there is no \(path), neither here nor in the history: check how it is "
                + "written, or name a directory above it")
    }

    /// Whether something stands at a path: in the head, in one of some commits, or on this machine.
    package func knows(_ path: TreePath, in commits: [ObjectID]) throws(RepositoryError) -> Bool {
        for commit in [head].compactMap(\.self) + commits where try has(path, in: commit) {
            return true
        }
        let argument = PathArgument(configuration, workingDirectory: "/", home: "/")
        return argument.local(path).map { RealPath().stands($0) } ?? false
    }

    /// Whether a commit has a file or a directory at a path.
    package func has(_ path: TreePath, in commit: ObjectID) throws(RepositoryError) -> Bool {
        let tree = try repository.commit(commit).tree
        let above = try TreeDiff.subtree(of: tree, at: path.parent, reading: repository)
        guard let above else { return false }
        return try repository.tree(above)[path.name] != nil
    }

    /// Finds the commit that a user names.
    /// - Throws: `Revision.Unknown`, `RepositoryError`.
    package func revision(_ name: String) throws -> ObjectID {
        try Revision.find(
            name, head: head, branch: configuration.branch, reading: repository, kept: keptHeads)
    }

    /// The bytes that a file had in a commit; of a symbolic link its target.
    /// - Returns: nil when no file stands there.
    package func content(_ path: TreePath, at commit: ObjectID) throws(RepositoryError) -> [UInt8]?
    {
        let tree = try repository.commit(commit).tree
        guard let version = try TreeDiff.version(at: path, of: tree, reading: repository),
            version.mode != .submodule, !version.isDirectory
        else { return nil }
        return try repository.blob(version.id)
    }

    /// The version of a file that a content is: the last that had it, else what it would be in the
    /// place of the head's.
    package func version(
        of path: TreePath, with blob: ObjectID
    ) throws(RepositoryError) -> FileVersion {
        guard let head else { return .content(blob, inPlaceOf: nil) }
        if let former = try log(of: path).version(with: blob, from: head) { return former }
        let tree = try repository.commit(head).tree
        return .content(
            blob, inPlaceOf: try TreeDiff.version(at: path, of: tree, reading: repository))
    }

    /// The blob that a file had in a commit; nil when no file stands there.
    package func file(_ path: TreePath, at commit: ObjectID) throws(RepositoryError) -> ObjectID? {
        let tree = try repository.commit(commit).tree
        guard let version = try TreeDiff.file(at: path, of: tree, reading: repository),
            version.mode != .submodule
        else { return nil }
        return version.id
    }

    /// How many files the head has.
    package func fileCount() throws(RepositoryError) -> Int {
        guard let head else { return 0 }
        return try TreeDiff.changes(
            from: nil, to: repository.commit(head).tree, reading: repository
        ).count
    }
}
