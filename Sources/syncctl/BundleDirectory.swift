import FoundationEssentials
import Glibc
import SyncAdmin
import SyncModel

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
    /// - Parameter archive: writes the files that no commit has beside a bundle. Whoever restores
    ///   looks beside the last one alone: it has no name before that is done.
    /// - Throws: `Failure`, also when one of those that were written is missing or damaged; what
    ///   `archive` throws.
    func add(
        by writer: BundleWriter, archiving archive: (String) throws -> Void
    ) throws -> BackupReport {
        let scratch = "\(path)/\(vault).scratch"
        // What a run left that was cut short; mostly nothing stands there.
        try? FileManager.default.removeItem(atPath: scratch)
        let numbers = try numbers()
        var chain = BundleChain()
        var heads: [(bundle: String, head: BundleHead)] = []
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
            isVouchedFor = isVouchedFor && writer.vouches(for: head, after: chain.tips)
            chain.add(head)
            heads.append((bundle, head))
        }
        if !isVouchedFor { try writer.tryOut(heads, in: scratch) }
        let next = "\(path)/\(name(numbers.count + 1))"
        var failure: (any Error)?
        let report = try writer.write(to: next, after: chain) {
            do { try archive(next) } catch {
                // What is committed can be saved all the same.
                guard try UnsyncedFiles.keepFormer(beside: next) else { throw error }
                failure = error
            }
        }
        if let failure { throw failure }
        if report.file == nil, let last = heads.last { try archive(last.bundle) }
        return report
    }

    private func name(_ number: Int) -> String {
        BundleName(vault: vault, number: number).text
    }

    private func numbers() throws -> [Int] {
        let files = try FileManager.default.contentsOfDirectory(atPath: path)
        return BundleName.numbers(of: vault, in: path, files)
    }
}
