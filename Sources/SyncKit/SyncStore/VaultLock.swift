internal import Glibc
package import SyncModel

/// The right to run a vault: an exclusive `flock` on a file of the state directory. The kernel
/// frees it when the process ends, however it ends, so a stale lock cannot be. Freed by `deinit`.
///
/// The file stays and is never removed: a lock on a file that is gone from its directory would
/// exclude nobody. Source: flock(2).
package final class VaultLock: Sendable {
    private let descriptor: Int32

    private init(_ descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// Takes the lock, or fails at once.
    /// - Parameter path: the lock file; made with mode 0600 when it is not there.
    /// - Throws: `.locked` with the holder's process id when another process runs the vault;
    ///   `.readOnly`, `.noSpace` or `.io` when the file cannot be had.
    package static func acquire(_ path: String) throws(StateStoreError) -> VaultLock {
        let lock = try VaultLock(openLockFile(path))
        guard try lock.attempt(path) else { throw quarantined(path) }
        return lock
    }

    /// Takes the lock as soon as it is free.
    /// - Parameter wait: how long to wait for it; blocks the thread, so not for an actor.
    /// - Throws: as `acquire(_:)`, `.locked` when the time is over.
    package static func acquire(
        _ path: String, waiting wait: Duration
    ) throws(StateStoreError) -> VaultLock {
        let deadline = ContinuousClock.now + wait
        // One descriptor for all attempts: closing one would wake the waiter itself.
        let lock = try VaultLock(openLockFile(path))
        // Mostly it is free, and to close an inotify instance takes the kernel up to 20 ms.
        if try lock.attempt(path) { return lock }
        let releases = LockReleases(path)
        while true {
            if try lock.attempt(path) { return lock }
            let left = deadline - ContinuousClock.now
            guard left > .zero else { throw quarantined(path) }
            try releases.next(within: left)
        }
    }

    /// Whether the file that is locked is the one at a path: where it was taken away another
    /// process may lock another.
    package func stands(at path: String) -> Bool {
        var (held, named) = (Glibc.stat(), Glibc.stat())
        return fstat(descriptor, &held) == 0 && lstat(path, &named) == 0
            && held.st_dev == named.st_dev && held.st_ino == named.st_ino
    }

    private static func openLockFile(_ path: String) throws(StateStoreError) -> Int32 {
        let file = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw StateStoreError(errno: errno, "lock the vault", path) }
        return file
    }

    /// Tries once; false when another has it.
    private func attempt(_ path: String) throws(StateStoreError) -> Bool {
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            if errno == EWOULDBLOCK { return false }
            guard errno == EINTR else {
                throw StateStoreError(errno: errno, "lock the vault", path)
            }
        }
        try note(path)
        return true
    }

    /// Writes the process id, for the message of whoever comes second.
    private func note(_ path: String) throws(StateStoreError) {
        let text = Array("\(getpid())\n".utf8)
        guard ftruncate(descriptor, 0) == 0,
            pwrite(descriptor, text, text.count, 0) == text.count
        else { throw StateStoreError(errno: errno, "note the process in the lock", path) }
    }

    private static func quarantined(_ path: String) -> StateStoreError {
        let holder = holder(path).map { "pid \($0)" } ?? "pid unknown"
        return StateStoreError(
            .locked, "lock the vault", "another syncd (\(holder)) runs this vault")
    }

    /// The process that has the vault of this lock file now; nil when none has.
    package static func owner(_ path: String) -> Int32? {
        let file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard file >= 0 else { return nil }
        // Closing it gives back what was free.
        defer { close(file) }
        return flock(file, LOCK_SH | LOCK_NB) == 0 ? nil : holder(path)
    }

    /// What the program is called that has the vault now, as far as the system tells; nil when
    /// none has. Source: /proc/pid/comm in proc(5).
    package static func ownerName(_ path: String) -> String? {
        guard let process = owner(path) else { return nil }
        let file = open("/proc/\(process)/comm", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var text = [UInt8](repeating: 0, count: 64)
        let count = Glibc.read(file, &text, text.count)
        return String(decoding: text.prefix(max(0, count)).prefix { $0 != 0x0a }, as: UTF8.self)
    }

    /// The process id in the lock file; nil when none can be read there.
    private static func holder(_ path: String) -> Int32? {
        let file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var text = [UInt8](repeating: 0, count: 16)
        let count = Glibc.read(file, &text, text.count)
        guard count > 0 else { return nil }
        return Int32(
            String(decoding: text[..<count], as: UTF8.self).prefix { $0.isNumber })
    }
}

/// Wakes whoever waits for a lock when somebody closes its file. Source: inotify(7). Where no
/// inotify instance can be had, the look that comes after a moment anyway is enough.
private struct LockReleases: ~Copyable {
    private let events: Int32

    init(_ path: String) {
        events = inotify_init1(Int32(IN_CLOEXEC | IN_NONBLOCK))
        if events >= 0 { inotify_add_watch(events, path, UInt32(IN_CLOSE_WRITE)) }
    }

    deinit { if events >= 0 { close(events) } }

    /// Returns when the file was closed, or after a moment: the kernel reports the closing just
    /// before it frees the lock, so a look right after the event may come too early.
    func next(within left: Duration) throws(StateStoreError) {
        let moment = Duration.milliseconds(20)
        let timeout = min(left, moment)
        // A negative descriptor is passed over: then this is a sleep.
        var request = pollfd(fd: events, events: Int16(POLLIN), revents: 0)
        let milliseconds = Int32(timeout / .milliseconds(1)) + 1
        guard poll(&request, 1, milliseconds) >= 0 || errno == EINTR else {
            throw StateStoreError(errno: errno, "wait for the lock", "poll")
        }
        var drained = [UInt8](repeating: 0, count: 4096)
        while Glibc.read(events, &drained, drained.count) > 0 {}
    }
}
