internal import Glibc
internal import SyncModel

/// A directory in which a pack, or a repository, comes to be: it is seen when it is moved out. It
/// is locked while it is in use, which tells it from one that a crash left. Gone, with what is in
/// it, when dropped.
final class StagingDirectory {
    private static let prefix = "tmp_syncd_in_"
    /// Where it is.
    let path: String
    private let lock: Int32

    /// Makes one, and removes those that nobody uses.
    /// - Parameter parent: where it stands, on the file system of where it is going.
    init(in parent: String) throws(RepositoryError) {
        Self.removeAbandoned(in: parent)
        while true {
            let unique = String(UInt64.random(in: 0...UInt64.max), radix: 36)
            let candidate = "\(parent)/\(Self.prefix)\(unique)"
            if mkdir(candidate, 0o700) != 0 { throw SystemFailure.last("make", candidate) }
            let opened = open(candidate, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            if opened < 0 && errno != ENOENT { throw SystemFailure.last("open", candidate) }
            if opened >= 0 && FileSystem.own(opened, at: candidate) {
                (path, lock) = (candidate, opened)
                return
            }
            if opened >= 0 { close(opened) }
        }
    }

    deinit {
        FileSystem.removeAll(path)
        close(lock)
    }

    /// Moves files out, in this order, and makes their new names durable.
    func move(_ names: [String], to directory: String) throws(RepositoryError) {
        for name in names {
            let target = "\(directory)/\(name)"
            if rename("\(path)/\(name)", target) != 0 {
                throw SystemFailure.last("rename", target)
            }
        }
        try FileSystem.sync(directory)
    }

    /// Removes such directories that nobody has locked. What cannot be removed stays: it is in
    /// nobody's way, and the next one tries again.
    static func removeAbandoned(in parent: String) {
        let names: [String]
        do throws(RepositoryError) { names = try FileSystem.names(in: parent) } catch { return }
        for name in names where name.hasPrefix(prefix) {
            let path = "\(parent)/\(name)"
            let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
            if descriptor < 0 { continue }
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { FileSystem.removeAll(path) }
            close(descriptor)
        }
    }
}
