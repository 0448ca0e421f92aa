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
    ///   - known: commits that are left out with all behind them; those that are not here count
    ///     for nothing.
    /// - Throws: `Failure` with git's words.
    func write(to file: String, since known: [ObjectID]) throws -> BackupReport {
        if history.head == nil { throw Failure(Exit.failed, "nothing is committed yet") }
        let known = known.filter { history.repository.contains($0) }
        if known.isEmpty && !history.repository.thinnedBehind.isEmpty {
            throw Failure(
                Exit.failed,
                "this device does not hold the whole history ([history] keep): syncctl gc "
                    + "--bring-back fetches it, and then it can be backed up")
        }
        // git locks the name it writes to: of a run that was cut short the lock stays, and maybe
        // the program.
        let unfinished = UnfinishedBundles(of: file)
        unfinished.remove()
        defer { unfinished.remove() }
        let partial = unfinished.newName()
        var words = ["bundle", "create", "-q", partial, "--all"]
        if !known.isEmpty { words += ["--not"] + known.map(\.hex) }
        if let refusal = git(words) {
            if !known.isEmpty && refusal.contains("empty bundle") {
                return BackupReport(file: nil, bytes: 0, incremental: true)
            }
            throw Failure(Exit.failed, "\(file) cannot be written: \(refusal)")
        }
        // It holds every file of the vault.
        chmod(partial, 0o600)
        try readBack(partial, isWhole: known.isEmpty)
        let bytes = try sync(partial)
        guard rename(partial, file) == 0 else {
            throw Failure(
                Exit.failed, "\(file) cannot be written: \(String(cString: strerror(errno)))")
        }
        _ = try sync(String(file[..<(file.lastIndex(of: "/") ?? file.startIndex)] + "/"))
        return BackupReport(file: file, bytes: bytes, incremental: !known.isEmpty)
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
            ["git", "--git-dir", repository, "rev-list", "--max-count=1"] + needs.map(\.hex)
            + ["--not"] + known.filter(isHere).map(\.hex)
        guard let (code, run) = ProgramRun.answer(words, within: Limits.verifyWait) else {
            return false
        }
        return code == 0 && run.output.isEmpty
    }

    /// Restores what was written into a scratch repository. It may hold what the vault's has not:
    /// that was made anew since, or is thinned.
    /// - Throws: `Failure` with the bundle that does not hold.
    func tryOut(_ chain: [(bundle: String, head: BundleHead)], in scratch: String) throws {
        // What an earlier run left; where nothing stands there is nothing to take away.
        try? FileManager.default.removeItem(atPath: scratch)
        // As above: what is left does no harm.
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
        let words = ["git", "--git-dir", place ?? repository] + words
        let settings = settings.merging(["LC_ALL": "C"]) { $1 }
        guard let (code, run) = ProgramRun.answer(words, with: settings, within: Limits.verifyWait)
        else { return "there is no git program, or it did not come to an end" }
        if code == 0 { return nil }
        return run.words.isEmpty ? "exit \(code)" : run.words
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

/// A directory of bundles, each with what is new since those before it.
struct BundleDirectory {
    private let path: String
    private let vault: String

    init(_ path: String, vault: String) { (self.path, self.vault) = (path, vault) }

    /// Whether a directory stands there.
    var isThere: Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Makes the directory where it is not there; its parents are not made.
    func make() throws {
        if mkdir(path, 0o700) != 0 && !isThere {
            throw Failure(Exit.failed, "\(path): \(String(cString: strerror(errno)))")
        }
    }

    /// Adds a bundle.
    /// - Throws: `Failure`, also when one of those that were written is missing or damaged.
    func add(by writer: BundleWriter) throws -> BackupReport {
        let numbers = try FileManager.default.contentsOfDirectory(atPath: path)
            .compactMap(number).sorted()
        var known: Set<ObjectID> = []
        var chain: [(bundle: String, head: BundleHead)] = []
        var isVouchedFor = true
        for (index, number) in numbers.enumerated() {
            if number != index + 1 {
                throw Failure(
                    Exit.failed,
                    "\(name(index + 1)) is missing in \(path), and those after it "
                        + "need it: give another directory")
            }
            let bundle = "\(path)/\(name(number))"
            let head = try BundleFile.head(of: bundle)
            isVouchedFor = isVouchedFor && writer.vouches(for: head, after: known)
            known.formUnion(head.tips)
            chain.append((bundle, head))
        }
        if !isVouchedFor { try writer.tryOut(chain, in: "\(path)/\(vault).scratch") }
        return try writer.write(
            to: "\(path)/\(name(numbers.count + 1))", since: known.sorted())
    }

    /// The newest bundle; nil when there is none.
    func last() throws -> String? {
        try FileManager.default.contentsOfDirectory(atPath: path).compactMap(number).max()
            .map { "\(path)/\(name($0))" }
    }

    private func name(_ number: Int) -> String {
        BundleName(vault: vault, number: number).text
    }

    /// The number of a bundle of this vault; nil for any other file.
    private func number(_ file: String) -> Int? {
        BundleName(file).flatMap { $0.vault == vault ? $0.number : nil }
    }
}
