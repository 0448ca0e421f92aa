import FoundationEssentials
import Glibc
import SyncAdmin
import SyncEngine
import SyncHistory
import SyncModel
import SyncRemote

/// What a backup came to: the answer of `backup --json`.
struct BackupReport: Encodable {
    /// The bundle; nil when nothing was new.
    @OrNull var file: String?
    /// Its size.
    let bytes: Int
    /// Whether it needs the bundles before it.
    let incremental: Bool
    /// The files that are in no commit; nil when no bundle stands there.
    @OrNull var unsynced: UnsyncedFiles? = nil
}

/// Writes bundles of the vault's repository, by git.
struct BundleWriter {
    private let repository: String
    private let history: VaultHistory

    /// - Throws: `RepositoryError` when there is no repository.
    init(_ configuration: Configuration) throws {
        repository = configuration.repository
        history = try VaultHistory(configuration)
    }

    /// Writes all references with their history, reads the bundle back, and only then gives it
    /// its name.
    /// - Parameters:
    ///   - file: absolute; what stands there is replaced.
    ///   - chain: the bundles that it comes after: what they hold is left out.
    ///   - prepare: done right before it has its name; where that throws nothing is written.
    /// - Throws: `Failure` with git's words; what `prepare` throws.
    func write(
        to file: String, after chain: BundleChain = BundleChain(),
        preparedBy prepare: () throws -> Void = {}
    ) throws -> BackupReport {
        if history.head == nil { throw Failure(Exit.failed, "nothing is committed yet") }
        // git locks the name it writes to: of a run that was cut short the lock stays, and maybe
        // the program.
        let unfinished = UnfinishedBundles(of: file)
        unfinished.remove()
        defer { unfinished.remove() }
        let known = chain.tips.filter { history.repository.contains($0) }.sorted()
        if known.isEmpty && !history.repository.thinnedBehind.isEmpty {
            throw Failure(
                Exit.failed,
                "this device does not hold the whole history ([history] keep): syncctl gc "
                    + "--bring-back fetches it, and then it can be backed up")
        }
        if known.isEmpty && !chain.tips.isEmpty {
            throw Failure(
                Exit.failed,
                "the bundles there are of another vault, or of this one before it was begun anew: "
                    + "give another directory")
        }
        let listed = unfinished.newName()
        var isMade = false
        for _ in 0..<Limits.pushTries where !isMade {
            let references = try references()
            if !known.isEmpty && chain.gives(references) {
                return BackupReport(file: nil, bytes: 0, incremental: true)
            }
            isMade = try make(
                listed, of: references, without: known, unfinished.newName(), for: file)
        }
        if !isMade {
            throw Failure(
                Exit.failed, "the references moved whenever git looked at them: back up once more")
        }
        // It holds every file of the vault.
        chmod(listed, 0o600)
        try readBack(listed, isWhole: known.isEmpty)
        let bytes = try sync(listed)
        try prepare()
        guard rename(listed, file) == 0 else {
            throw Failure(
                Exit.failed, "\(file) cannot be written: \(String(cString: strerror(errno)))")
        }
        _ = try sync(String(file[..<(file.lastIndex(of: "/") ?? file.startIndex)] + "/"))
        return BackupReport(file: file, bytes: bytes, incremental: !known.isEmpty)
    }

    /// Where each reference stands, `HEAD` with them.
    private func references() throws -> [String: ObjectID] {
        var found = Dictionary(
            uniqueKeysWithValues: try history.references("refs/").map { ("refs/\($0)", $1) })
        found["HEAD"] = found["refs/heads/\(history.configuration.branch)"]
        return found
    }

    /// Makes a bundle that names every reference. git leaves out those whose commit an earlier
    /// bundle has, and makes none at all where that is so of all.
    /// - Parameters:
    ///   - references: where they stood before.
    ///   - known: what is left out, with all behind it.
    ///   - partial: what git writes.
    /// - Returns: false where nothing but references is to be written, and they moved meanwhile.
    private func make(
        _ listed: String, of references: [String: ObjectID], without known: [ObjectID],
        _ partial: String, for file: String
    ) throws -> Bool {
        var words = ["bundle", "create", "-q", partial, "--all"]
        if !known.isEmpty { words += ["--not"] + known.map(\.hex) }
        var refusal = git(words)
        if let said = refusal, lacksLeftOut(said), let settings = remoteObjects {
            refusal = git(words, settings)
        }
        if let refusal, known.isEmpty || !refusal.contains("empty bundle") {
            throw Failure(Exit.failed, "\(file) cannot be written: \(refusal)")
        }
        // One that moved meanwhile may need what is in no bundle: the next one has it.
        let standing = try self.references().filter { references[$0.key] == $0.value }
        if refusal == nil {
            try BundleFile.copy(partial, to: listed, naming: standing)
            return true
        }
        // An empty bundle names nothing but them.
        if standing != references { return false }
        let commits = Set(
            try standing.values.filter {
                try history.repository.header($0).kind == .commit
            })
        try BundleFile.write(
            BundleHead(needs: commits.sorted(), references: standing), to: listed)
        return true
    }

    /// Whether git lacks what is too large for this program, and at the remote alone.
    private func lacksLeftOut(_ words: String) -> Bool {
        words.matches(of: /[0-9a-f]{40}/).contains { found in
            ObjectID(hex: String(found.output)).map(history.repository.isLeftOut) ?? false
        }
    }

    /// Where git finds it.
    private var remoteObjects: [String: String]? {
        guard let remote = history.configuration.remote.flatMap({ RemotePath($0) }) else {
            return nil
        }
        do {
            return ["GIT_ALTERNATE_OBJECT_DIRECTORIES": "\(try remote.directory)/objects"]
        } catch {
            // It is not there, and git's first words stand.
            return nil
        }
    }

    /// Whether the repository shows that a bundle goes on from others: it has all that the bundle
    /// names, and what that needs is behind what those hold.
    /// - Parameter known: what the others' references name.
    func vouches(for bundle: BundleHead, after known: Set<ObjectID>) -> Bool {
        let isHere = history.repository.contains
        guard (bundle.tips + bundle.needs).allSatisfy(isHere) else { return false }
        let needs = Set(bundle.needs).subtracting(known)
        if needs.isEmpty { return true }
        let words =
            ["rev-list", "--max-count=1"] + needs.map(\.hex) + ["--not"]
            + known.filter(isHere).map(\.hex)
        do { return try RepositoryGit(repository).run(words).output.isEmpty } catch {
            // It does not show it.
            return false
        }
    }

    /// Restores what was written into a scratch repository. It may hold what the vault's has not:
    /// that was made anew since, or is thinned.
    /// - Throws: `Failure` with the bundle that does not hold.
    func tryOut(_ chain: [(bundle: String, head: BundleHead)], in scratch: String) throws {
        // What is left does no harm: the next backup takes it away.
        defer { try? FileManager.default.removeItem(atPath: scratch) }
        let configuration = history.configuration
        do {
            try BackupSource(chain.last?.bundle ?? "", vault: configuration.vault)
                .fetch(into: scratch, branch: configuration.branch)
        } catch let refusal as VaultPlan.Refusal {
            throw Failure(Exit.failed, "\(refusal)\(BundleFile.needed)")
        }
        for (bundle, head) in chain {
            let words = ["rev-list", "--no-walk", "--quiet"] + head.tips.map(\.hex)
            if let refusal = git(words, in: scratch) {
                throw Failure(
                    Exit.failed, "\(bundle) is no whole bundle: \(refusal)\(BundleFile.needed)")
            }
        }
    }

    /// Asks git whether the bundle is one, and takes its objects apart in a scratch repository:
    /// each is compared with its name there.
    private func readBack(_ bundle: String, isWhole: Bool) throws {
        if let refusal = git(["bundle", "verify", "-q", bundle]) {
            throw Failure(Exit.failed, "the bundle does not hold: \(refusal)")
        }
        let scratch = "\(bundle).scratch"
        // A whole one has to do without the repository.
        let settings =
            isWhole ? [:] : ["GIT_ALTERNATE_OBJECT_DIRECTORIES": "\(repository)/objects"]
        for words in [["init", "-q", "--bare", scratch], ["bundle", "unbundle", bundle, "HEAD"]] {
            if let refusal = git(words, in: scratch, settings) {
                throw Failure(Exit.failed, "the bundle cannot be read back: \(refusal)")
            }
        }
    }

    /// Runs git.
    /// - Returns: its words when it fails; nil when it does not.
    private func git(
        _ words: [String], in place: String? = nil, _ settings: [String: String] = [:]
    ) -> String? {
        do {
            try RepositoryGit(place ?? repository).run(words, with: settings)
            return nil
        } catch { return "\(error)" }
    }

    /// Makes a file or directory durable.
    /// - Returns: its size in bytes.
    private func sync(_ path: String) throws -> Int {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        defer { if file >= 0 { close(file) } }
        var status = stat()
        guard file >= 0, fsync(file) == 0, fstat(file, &status) == 0 else {
            throw Failure(Exit.failed, "\(path): \(String(cString: strerror(errno)))")
        }
        return Int(status.st_size)
    }
}
