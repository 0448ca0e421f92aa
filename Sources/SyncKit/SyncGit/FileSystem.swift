internal import Glibc
internal import SyncModel

/// The few calls on plain files that the repository needs.
enum FileSystem {
    /// Whether anything stands at the path.
    static func exists(_ path: String) -> Bool { status(path) != nil }

    /// What stands at the path, a symbolic link not followed; nil for nothing.
    static func status(_ path: String) -> stat? {
        var status = stat()
        return lstat(path, &status) == 0 ? status : nil
    }

    /// Removes a name; one that is gone already is fine.
    static func remove(_ path: String) throws(RepositoryError) {
        if unlink(path) != 0 && errno != ENOENT { throw SystemFailure.last("remove", path) }
    }

    /// Makes a directory and those above it, with mode 0700; those that are there stay.
    static func makeDirectories(_ path: String) throws(RepositoryError) {
        var made = path.hasPrefix("/") ? "" : "."
        for part in path.split(separator: "/") {
            made += "/\(part)"
            if mkdir(made, 0o700) != 0 && !exists(made) { throw SystemFailure.last("make", made) }
        }
    }

    /// Removes what stands at a path with all that is in it. What cannot be removed stays.
    static func removeAll(_ path: String) {
        guard let status = status(path) else { return }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            unlink(path)
            return
        }
        do throws(RepositoryError) {
            for name in try names(in: path) { removeAll("\(path)/\(name)") }
        } catch { return }
        rmdir(path)
    }

    /// How long ago what stands at the path was changed, in seconds; nil for nothing.
    static func ageInSeconds(_ path: String) -> Int? {
        guard let status = status(path) else { return nil }
        return time(nil) - status.st_mtim.tv_sec
    }

    /// Makes a file's content or a directory's names durable.
    static func sync(_ path: String) throws(RepositoryError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        if descriptor < 0 { throw SystemFailure.last("open", path) }
        defer { close(descriptor) }
        if fsync(descriptor) != 0 { throw SystemFailure.last("sync", path) }
    }

    /// Locks what was just made, so that whoever looks for what a crash left sees it in use. Such
    /// a look that came before the lock is waited for: it takes the new name away.
    /// - Parameters:
    ///   - descriptor: of the file or directory that was made.
    ///   - path: its name.
    /// - Returns: whether the name is still there and still its own. Where the file system has no
    ///   locks there is nobody to be told apart either.
    static func own(_ descriptor: Int32, at path: String) -> Bool {
        while flock(descriptor, LOCK_EX) != 0 && errno == EINTR {}
        var opened = stat()
        guard fstat(descriptor, &opened) == 0, let named = status(path) else { return false }
        return opened.st_dev == named.st_dev && opened.st_ino == named.st_ino
    }

    /// The names in a directory in no order, without `.` and `..`.
    static func names(in path: String) throws(RepositoryError) -> [String] {
        guard let names = DirectoryNames(path) else { throw SystemFailure.last("list", path) }
        return names.map(\.text)
    }

    /// Opens a file for reading.
    private static func file(_ path: String) throws(RepositoryError) -> Int32 {
        do { return try RegularFile.open(path) } catch {
            throw RepositoryError(error, "open", path)
        }
    }

    /// The whole content of a file.
    static func content(of path: String) throws(RepositoryError) -> [UInt8] {
        let descriptor = try file(path)
        defer { close(descriptor) }
        var status = stat()
        if fstat(descriptor, &status) != 0 { throw SystemFailure.last("read", path) }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeMutableBytes {
                read(descriptor, $0.baseAddress! + done, $0.count - done)
            }
            if count < 0 && errno == EINTR { continue }
            if count < 0 { throw SystemFailure.last("read", path) }
            if count == 0 { throw RepositoryError(.corrupt, "read \(path)", "it became shorter") }
            done += count
        }
        return bytes
    }

    /// Gives a file's bytes without reading all of them into memory.
    static func mapped<Result>(
        _ path: String, _ use: (UnsafeRawBufferPointer) throws(RepositoryError) -> Result
    ) throws(RepositoryError) -> Result {
        let descriptor = try file(path)
        defer { close(descriptor) }
        var status = stat()
        if fstat(descriptor, &status) != 0 { throw SystemFailure.last("read", path) }
        let size = Int(status.st_size)
        if size == 0 { return try use(UnsafeRawBufferPointer(start: nil, count: 0)) }
        guard let place = mmap(nil, size, PROT_READ, MAP_SHARED, descriptor, 0),
            place != MAP_FAILED
        else { throw SystemFailure.last("map", path) }
        defer { munmap(place, size) }
        madvise(place, size, MADV_SEQUENTIAL)
        return try use(UnsafeRawBufferPointer(start: place, count: size))
    }
}
