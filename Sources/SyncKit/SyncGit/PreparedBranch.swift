internal import Glibc
package import SyncModel

/// Where a branch is to point, written to the disk beside the packs. It takes effect when it gets
/// the name of git's lock on the branch and then the branch's own, so the lock is held for an
/// instant only.
final class PreparedBranch: PreparedReference {
    private let repository: GitRepository
    private let path: String
    private let old: ObjectID
    private let file: TemporaryFile

    /// Writes the file; nil unless the branch is a plain file that points at `old`, or when the
    /// repository keeps a log of its references, which is libgit2's to write.
    init?(_ name: String, to id: ObjectID, from old: ObjectID, in repository: GitRepository) {
        (self.repository, self.old) = (repository, old)
        path = repository.commonDirectory + name
        guard Self.target(path) == old,
            !FileSystem.exists(repository.commonDirectory + "logs")
        else { return nil }
        do throws(RepositoryError) {
            file = try TemporaryFile(in: repository.packDirectory, mode: 0o666)
            try file.write(Array("\(id.hex)\n".utf8))
        } catch { return nil }
        file.startWriting()
    }

    func finish() throws(RepositoryError) -> Bool {
        try file.sync()
        let lock = path + ".lock"
        guard file.link(as: lock) else { return false }
        guard Self.target(path) == old, rename(lock, path) == 0 else {
            unlink(lock)
            return false
        }
        try FileSystem.sync(String(path[..<path.lastIndex(of: "/")!]))
        repository.refreshPacks()
        return true
    }

    /// What a loose reference points at; nil for one that is symbolic, packed or not there.
    private static func target(_ path: String) -> ObjectID? {
        let content: [UInt8]
        do throws(RepositoryError) { content = try FileSystem.content(of: path) } catch {
            return nil
        }
        guard content.count == 41, content.last == UInt8(ascii: "\n") else { return nil }
        return ObjectID(hex: String(decoding: content.dropLast(), as: UTF8.self))
    }
}

extension GitRepository {
    package func prepareReference(
        _ name: String, to id: ObjectID, expecting expected: ObjectID?
    ) -> (any PreparedReference)? {
        expected.flatMap { PreparedBranch(name, to: id, from: $0, in: self) }
    }
}
