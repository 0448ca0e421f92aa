internal import FoundationEssentials
internal import Glibc
internal import SyncEngine
internal import SyncGit
internal import SyncModel
internal import SyncRemote

/// What `syncctl backup` wrote, as what a vault is made from.
package struct BackupSource {
    /// The bundles, each after those that it needs.
    let bundles: [String]

    /// Finds the bundles.
    /// - Parameters:
    ///   - path: a bundle, or a directory of them; absolute. A bundle that holds what is new since
    ///     others comes with those that stand before it.
    ///   - vault: whose bundles are meant where a directory has those of several.
    /// - Throws: `VaultPlan.Refusal`.
    package init(_ path: String, vault: String) throws(VaultPlan.Refusal) {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw .init("\(path) cannot be read: \(String(cString: strerror(errno)))")
        }
        if status.st_mode & S_IFMT == S_IFDIR {
            bundles = try Self.chain(in: path, vault: vault)
            return
        }
        let slash = path.lastIndex(of: "/") ?? path.startIndex
        let directory = String(path[..<slash])
        guard let name = BundleName(String(path[path.index(after: slash)...])) else {
            bundles = [path]
            return
        }
        let chain: [String]
        do { chain = try Self.chain(to: name, in: directory) } catch {
            guard BundleHead.isOfAll(path) else { throw error }
            chain = [path]
        }
        bundles = chain
    }

    private static func chain(in directory: String, vault: String) throws(VaultPlan.Refusal)
        -> [String]
    {
        let files: [String]
        do { files = try FileManager.default.contentsOfDirectory(atPath: directory) } catch {
            throw .init("\(directory) cannot be read: \(error)")
        }
        let names = files.compactMap(BundleName.init)
        let vaults = Set(names.map(\.vault))
        guard let chosen = vaults.count == 1 ? vaults.first : vaults.first(where: { $0 == vault })
        else {
            let found = vaults.sorted().joined(separator: ", ")
            throw .init(
                vaults.isEmpty
                    ? "\(directory) has no bundle that syncctl backup wrote"
                    : "\(directory) has bundles of \(found), and none of \(vault): --vault NAME")
        }
        let numbers = BundleName.numbers(of: chosen, in: directory, files)
        if numbers.isEmpty {
            // Each of them is of everything.
            let whole = names.filter { $0.vault == chosen }.map(\.text).sorted()
            if whole.count == 1 { return ["\(directory)/\(whole[0])"] }
            throw .init("\(directory) has \(whole.joined(separator: ", ")): name the file")
        }
        let last = numbers.max() ?? 1
        return try chain(to: BundleName(vault: chosen, number: last), in: directory)
    }

    private static func chain(of last: BundleName, in directory: String) -> [String] {
        (1...last.number).map {
            "\(directory)/\(BundleName(vault: last.vault, number: $0).text)"
        }
    }

    /// All bundles up to one. Each has to be there: those after it need it.
    private static func chain(to last: BundleName, in directory: String) throws(VaultPlan.Refusal)
        -> [String]
    {
        if last.number > Limits.bundles {
            throw .init("\(last.text): a backup has at most \(Limits.bundles) bundles")
        }
        let chain = chain(of: last, in: directory)
        for bundle in chain where access(bundle, R_OK) != 0 {
            throw .init(
                "\(bundle) cannot be read (\(String(cString: strerror(errno)))), and those after "
                    + "it need it")
        }
        return chain
    }

    /// Makes the repository as it was saved: all references with their history.
    /// - Parameters:
    ///   - repository: where nothing stands yet, or what an unfinished vault left; where this
    ///     fails nothing stands there again.
    ///   - branch: has to be among what was saved.
    /// - Returns: the head.
    /// - Throws: `VaultPlan.Refusal`, also with git's words; `RepositoryError`.
    func restore(into repository: String, branch: String) throws -> ObjectID {
        let unfinished = UnfinishedVault(repository)
        if access(repository, F_OK) == 0 {
            guard unfinished.isMarked else {
                throw VaultPlan.Refusal(
                    "\(repository) is there already: move it away, or leave out --from-backup to "
                        + "go on with it")
            }
            try FileManager.default.removeItem(atPath: repository)
        }
        try unfinished.mark()
        do {
            try fetch(into: repository, branch: branch)
            let opened = try GitRepository(opening: repository)
            if let head = try opened.reference("refs/heads/\(branch)") { return head }
            let branches = try opened.references("refs/heads/").map { $0.name.dropFirst(11) }
            throw VaultPlan.Refusal(
                "the backup has no branch \(branch); it has "
                    + "\(branches.joined(separator: ", ")): --branch NAME")
        } catch {
            do { try FileManager.default.removeItem(atPath: repository) } catch let left {
                throw VaultPlan.Refusal("\(error); and \(repository) cannot be removed: \(left)")
            }
            try unfinished.end()
            throw error
        }
    }

    /// Makes a repository with all references that were saved, and what is behind them. Where a
    /// later bundle has another commit under a name, as after the remote was rewritten or of
    /// another device, the one before is kept, too, as a head that the branch left behind.
    /// - Throws: `VaultPlan.Refusal` with the bundle that does not hold, `RepositoryError`.
    package func fetch(into repository: String, branch: String) throws {
        try GitRepository.create(at: repository, branch: branch)
        let opened = try GitRepository(opening: repository)
        var standing: [String: ObjectID] = [:]
        var left: [ObjectID] = []
        for bundle in bundles {
            try fetch(bundle, into: repository)
            let now = Dictionary(
                try opened.references("refs/").map { ($0.name, $0.id) },
                uniquingKeysWith: { first, _ in first })
            left += standing.filter { now[$0.key] != $0.value }.values.sorted()
            standing = now
        }
        opened.removeLeftovers()
        try opened.refresh()
        for id in left where try opened.header(id).kind == .commit && !isReached(id, repository) {
            try KeptHeads(repository: opened).keep(id)
        }
    }

    /// Whether a reference leads to a commit.
    private func isReached(_ id: ObjectID, _ repository: String) throws -> Bool {
        let words = ["rev-list", "--max-count=1", id.hex, "--not", "--all"]
        return try git(words, in: repository).output.isEmpty
    }

    private func fetch(_ bundle: String, into repository: String) throws(VaultPlan.Refusal) {
        let words = [
            "-c", "core.fsync=all", "fetch", "-q", "--no-auto-gc", "--no-write-fetch-head",
            "--force",
        ]
        let source = [bundle, "+refs/*:refs/*"]
        do { _ = try git(words + source, in: repository) } catch {
            // A branch may have given its name to a directory of branches: that is deleted first.
            do { _ = try git(words + ["--prune"] + source, in: repository) } catch {
                throw .init("\(bundle) is no whole bundle: \(error)")
            }
        }
    }

    /// Runs git.
    /// - Throws: `VaultPlan.Refusal` with its words.
    private func git(_ words: [String], in repository: String) throws(VaultPlan.Refusal)
        -> ProgramRun
    {
        do { return try RepositoryGit(repository).run(words) } catch { throw .init("\(error)") }
    }
}
