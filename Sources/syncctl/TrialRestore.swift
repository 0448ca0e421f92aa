import SyncAdmin
import SyncEngine
import SyncHistory
import SyncModel

/// A commit restored into a scratch directory, which is taken away again.
enum TrialRestore {
    /// Restores it and compares what stands there then, byte for byte.
    /// - Throws: `Failure` when no scratch directory can be made, `RepositoryError`.
    static func problems(of commit: ObjectID, _ history: VaultHistory) throws -> TrialReport {
        let scratch = try ScratchDirectory(history.configuration)
        defer { withExtendedLifetime(scratch) {} }
        let directory = scratch.path
        let tree = try history.repository.commit(commit).tree
        let files = try TreeDiff.changes(from: nil, to: tree, reading: history.repository)
        let beside = try Beside(directory, history)
        var report = TrialReport()
        for file in files.sorted(by: { $0.path < $1.path }) {
            guard let version = file.after, version.mode != .submodule else { continue }
            let target = Array(directory.utf8) + [0x2f] + file.path.bytes
            do {
                let bytes = version.isDirectory ? [] : try history.repository.blob(version.id)
                if !report.takes(file.path, version, bytes) { continue }
                try beside.write(version, to: file.path)
                if !(DiskVersion(at: target)?.isSame(as: version, bytes) ?? false) {
                    report.problems.append("\(file.path) came back as something else")
                }
            } catch let error as RepositoryError where error.code == .leftOut {
                report.leftOut.append(file.path)
            } catch let error as RepositoryError {
                report.problems += Failure(error).lines.map { "\(file.path): \($0)" }
            } catch {
                report.untried = Failure(error).lines.map { "\(file.path): \($0)" }.first
                break
            }
        }
        return report
    }
}
