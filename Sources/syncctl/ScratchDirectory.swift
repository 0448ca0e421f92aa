import Glibc
import SyncEngine
import SyncModel

/// A directory for a trial, which is taken away after it. It is locked while it is in use: that
/// tells it from one that was left by a process that was killed, which the next trial takes away.
final class ScratchDirectory {
    /// Where it is.
    let path: String
    private let lock: Int32
    private static let prefix = "verify-"
    private static let letters = 6

    /// Makes one: in the state directory where that is there, for it has room as the repository
    /// has.
    /// - Throws: `Failure` when none can be made.
    init(_ configuration: Configuration) throws {
        let state = configuration.stateDirectory
        Self.removeAbandoned(in: state)
        for place in [state, Machine().environment["TMPDIR"] ?? "/tmp"] {
            // Another trial may take one away that was just made, before it is locked.
            for _ in 0..<Limits.pushTries {
                let name = "\(place)/\(Self.prefix)\(String(repeating: "X", count: Self.letters))"
                var text = Array(name.utf8CString)
                guard mkdtemp(&text) != nil else { break }
                let made = text.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
                let opened = open(made, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
                // Where there are no locks nobody is kept out.
                if opened >= 0 { _ = flock(opened, LOCK_EX | LOCK_NB) }
                if opened >= 0, access(made, F_OK) == 0 {
                    (path, lock) = (made, opened)
                    return
                }
                if opened >= 0 { close(opened) }
            }
        }
        throw Failure(Exit.failed, "no scratch directory can be made in \(state)")
    }

    deinit {
        Self.remove(path)
        close(lock)
    }

    /// Takes a directory away with all in it. Each directory below is brought to the top first, so
    /// that no path is longer than the system takes. What cannot be removed does no harm, and the
    /// next trial tries again.
    private static func remove(_ top: String) {
        var number = 0
        var pending = [top]
        var emptied: [String] = []
        while let directory = pending.popLast() {
            emptied.append(directory)
            // What cannot be listed stays.
            for name in DirectoryNames(directory).map(Array.init) ?? [] {
                let entry = Array(directory.utf8) + [0x2f] + name.bytes + [0]
                let path = entry.map { CChar(bitPattern: $0) }
                if unlink(path) == 0 { continue }
                number += 1
                let near = "\(top)/.removed-\(number)"
                if rename(path, near) == 0 { pending.append(near) }
            }
        }
        for directory in emptied.reversed() { rmdir(directory) }
    }

    /// Removes those of the vault's own directory that nobody has locked. What cannot be removed,
    /// or listed, is in nobody's way.
    private static func removeAbandoned(in place: String) {
        for name in DirectoryNames(place).map({ $0.map(\.text) }) ?? [] {
            let rest = name.dropFirst(prefix.count)
            guard name.hasPrefix(prefix), rest.utf8.count == letters else { continue }
            let path = "\(place)/\(name)"
            let opened = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            if opened < 0 { continue }
            defer { close(opened) }
            if flock(opened, LOCK_EX | LOCK_NB) != 0 { continue }
            remove(path)
        }
    }
}
