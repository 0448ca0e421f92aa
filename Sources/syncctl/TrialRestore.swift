import FoundationEssentials
import Glibc
import SyncAdmin
import SyncEngine
import SyncHistory
import SyncModel

/// A commit restored into a scratch directory, which is taken away again.
enum TrialRestore {
    /// Restores it and compares what stands there then, byte for byte.
    /// - Returns: what is wrong, in words; nothing when all came back.
    /// - Throws: `Failure` when no scratch directory can be made, `RepositoryError`.
    static func problems(of commit: ObjectID, _ history: VaultHistory) throws -> [String] {
        let directory = try scratch(history.configuration)
        // What is left there does no harm, and the next look at the directory shows it.
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let tree = try history.repository.commit(commit).tree
        let files = try TreeDiff.changes(from: nil, to: tree, reading: history.repository)
        let beside = try Beside(directory, history)
        var problems: [String] = []
        for file in files.sorted(by: { $0.path < $1.path }) {
            guard let version = file.after, version.mode != .submodule else { continue }
            let target = Array(directory.utf8) + [0x2f] + file.path.bytes
            do {
                try beside.write(version, to: file.path)
                let bytes = version.isDirectory ? [] : try history.repository.blob(version.id)
                if !(DiskVersion(at: target)?.isSame(as: version, bytes) ?? false) {
                    problems.append("\(file.path) came back as something else")
                }
            } catch {
                problems += Failure(error).lines.map { "\(file.path): \($0)" }
            }
        }
        return problems
    }

    /// A new directory: in the state directory where that is there, for it has room as the
    /// repository has.
    private static func scratch(_ configuration: Configuration) throws -> String {
        let places = [configuration.stateDirectory, Machine().environment["TMPDIR"] ?? "/tmp"]
        for place in places {
            var name = Array("\(place)/verify-XXXXXX".utf8CString)
            if mkdtemp(&name) != nil {
                return name.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
            }
        }
        throw Failure(Exit.failed, "no scratch directory can be made in \(places[0])")
    }
}
