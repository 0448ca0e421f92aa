internal import Glibc
internal import SyncModel

/// A directory beside the packs in which a pack comes to be: the repository sees it when it is
/// moved out. It is locked while it is in use, which tells it from one that a crash left. Gone,
/// with what is in it, when dropped.
final class StagingDirectory {
    private static let prefix = "tmp_syncd_in_"
    /// Where it is.
    let path: String
    private let lock: Int32

    /// Makes one, and removes those that nobody uses.
    /// - Parameter objects: the repository's directory of objects.
    init(in objects: String) throws(RepositoryError) {
        Self.removeAbandoned(in: objects)
        while true {
            let unique = String(UInt64.random(in: 0...UInt64.max), radix: 36)
            let candidate = "\(objects)/\(Self.prefix)\(unique)"
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
        Self.remove(path)
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
    private static func removeAbandoned(in objects: String) {
        let names: [String]
        do throws(RepositoryError) { names = try FileSystem.names(in: objects) } catch { return }
        for name in names where name.hasPrefix(prefix) {
            let path = "\(objects)/\(name)"
            let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
            if descriptor < 0 { continue }
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { remove(path) }
            close(descriptor)
        }
    }

    private static func remove(_ directory: String) {
        do throws(RepositoryError) {
            for name in try FileSystem.names(in: directory) { unlink("\(directory)/\(name)") }
        } catch { return }
        rmdir(directory)
    }
}
