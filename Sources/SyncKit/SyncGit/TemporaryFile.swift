internal import CGit2
internal import Glibc
internal import SyncModel

/// A file being written under a temporary name in its later directory. It is locked while it is
/// written, which is how one left behind by a crash is told from one in use: process ids are
/// used again, and say nothing across containers or machines. Gone when dropped before `keep`.
final class TemporaryFile {
    private static let prefix = "tmp_syncd_"
    private let directory: String
    private let path: String
    private var descriptor: Int32
    private var isKept = false

    /// Makes a new, empty file.
    /// - Parameter mode: who may read and write it, less the process's umask.
    init(in directory: String, mode: mode_t = 0o600) throws(RepositoryError) {
        self.directory = directory
        while true {
            let unique = String(UInt64.random(in: 0...UInt64.max), radix: 36)
            let candidate = "\(directory)/\(Self.prefix)\(unique)"
            let opened = open(candidate, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode)
            if opened < 0 {
                if errno == EEXIST || errno == EINTR { continue }
                throw SystemFailure.last("make a file in", directory)
            }
            if FileSystem.own(opened, at: candidate) {
                (path, descriptor) = (candidate, opened)
                return
            }
            close(opened)
        }
    }

    deinit {
        if !isKept { unlink(path) }
        if descriptor >= 0 { close(descriptor) }
    }

    /// Writes all bytes at the file's position.
    func write(_ bytes: UnsafeRawBufferPointer) throws(RepositoryError) {
        var rest = bytes[...]
        while let base = UnsafeRawBufferPointer(rebasing: rest).baseAddress, !rest.isEmpty {
            let count = Glibc.write(descriptor, base, rest.count)
            if count < 0 && errno == EINTR { continue }
            if count < 0 { throw SystemFailure.last("write a file in", directory) }
            rest = rest.dropFirst(count)
        }
    }

    /// Starts writing what stands in the file to the disk, so that a later `sync` need not wait
    /// for all of it. Where that cannot be had `sync` waits longer.
    func startWriting() { _ = syncd_start_writing(descriptor) }

    /// Writes all bytes at the file's position.
    func write(_ bytes: [UInt8]) throws(RepositoryError) {
        // A typed throw does not pass through `withUnsafeBytes` as rethrown.
        let result = bytes.withUnsafeBytes { buffer in
            Result { () throws(RepositoryError) in try write(buffer) }
        }
        try result.get()
    }

    /// Writes all bytes at an offset, the position stays.
    func overwrite(at offset: Int, _ bytes: [UInt8]) throws(RepositoryError) {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes {
                pwrite(descriptor, $0.baseAddress! + done, $0.count - done, off_t(offset + done))
            }
            if count < 0 && errno == EINTR { continue }
            if count < 0 { throw SystemFailure.last("write a file in", directory) }
            done += count
        }
    }

    /// Hashes the file from its start to its end.
    func hash() throws(RepositoryError) -> StreamingSHA1 {
        var hash = StreamingSHA1()
        var buffer = [UInt8](repeating: 0, count: Limits.packBufferBytes)
        var offset = 0
        while true {
            let count = buffer.withUnsafeMutableBytes {
                pread(descriptor, $0.baseAddress, $0.count, off_t(offset))
            }
            if count < 0 && errno == EINTR { continue }
            if count < 0 { throw SystemFailure.last("read a file in", directory) }
            if count == 0 { return hash }
            buffer.withUnsafeBytes { hash.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            offset += count
        }
    }

    /// Makes the bytes of several files durable, and the files read-only. All are on their way to
    /// the disk, and nothing of any file changes any more, before the first is waited for: the
    /// file system's journal then needs to be written once. That is as fast as a thread for each.
    /// After a failure they are of no use: a second fsync says nothing about what the first lost.
    static func seal(_ files: [TemporaryFile]) throws(RepositoryError) {
        for file in files {
            if fchmod(file.descriptor, 0o444) != 0 {
                throw SystemFailure.last("sync a file in", file.directory)
            }
            file.startWriting()
        }
        for file in files { try file.sync() }
    }

    /// Makes the file's bytes durable.
    func sync() throws(RepositoryError) {
        if fsync(descriptor) != 0 { throw SystemFailure.last("sync a file in", directory) }
    }

    /// Gives the file a second name, on the same file system.
    /// - Returns: false when it cannot be had, as where one of that name is there.
    func link(as path: String) -> Bool { Glibc.link(self.path, path) == 0 }

    /// Gives the file its name in the same directory; the directory is not synced yet.
    func keep(as name: String) throws(RepositoryError) {
        if rename(path, "\(directory)/\(name)") != 0 {
            throw SystemFailure.last("rename a file in", directory)
        }
        isKept = true
        close(descriptor)
        descriptor = -1
    }

    /// Removes the temporary files of a directory that nobody is writing. What cannot be removed
    /// stays: it is in nobody's way, and the next opening tries again.
    /// - Parameter prefix: how their names begin; git locks none of its own, `tmp_`.
    static func removeAbandoned(
        in directory: String, called prefix: String = TemporaryFile.prefix
    ) {
        let names: [String]
        do throws(RepositoryError) { names = try FileSystem.names(in: directory) } catch { return }
        for name in names where name.hasPrefix(prefix) {
            let path = "\(directory)/\(name)"
            let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
            if descriptor < 0 { continue }
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { unlink(path) }
            close(descriptor)
        }
    }
}
