internal import CLinux
internal import Glibc
internal import SyncModel

/// An open file descriptor, closed when its owner goes; closing also releases a lease held on it.
struct Descriptor: ~Copyable {
    let number: Int32

    deinit { close(number) }
}

/// Opens one name in a directory, never following a symbolic link in the last place.
/// - Returns: the descriptor, or the error number.
func openName(
    _ directory: Int32, _ name: [CChar], _ flags: Int32, mode: UInt32 = 0
) -> Result<Int32, SystemError> {
    attempt { syncd_openat(directory, name, flags | O_CLOEXEC | O_NOFOLLOW, mode) }
}

/// An `errno` value, so that it can be thrown and told apart.
struct SystemError: Error, Equatable {
    let number: Int32

    /// The system's words for it.
    var text: String { String(cString: strerror(number)) }

    /// The failure in the folder's terms.
    /// - Parameter writing: whether the folder was to be changed; decides what `EACCES` means.
    func folderError(
        _ operation: String, _ path: TreePath?, writing: Bool = false
    ) -> FolderError {
        let code = code(writing: writing)
        // Without a path there is no name that could be at fault.
        return FolderError(code == .name && path == nil ? .io : code, operation, path, text)
    }

    func code(writing: Bool) -> FolderError.Code {
        switch number {
        case ENOSPC, EDQUOT: .noSpace
        case EROFS: .readOnlyFileSystem
        case EACCES, EPERM: writing ? .readOnly : .unreadable
        case EMFILE, ENFILE: .tooManyOpenFiles
        case ENOENT, ENOTDIR: .notFound
        case EXDEV: .mount
        // Some file systems take only names in UTF-8, or without certain characters.
        case ENAMETOOLONG, EILSEQ, EINVAL: writing ? .name : .unreadable
        // ELOOP: a symbolic link where a directory is needed.
        case ELOOP, EOVERFLOW: .unreadable
        case EBUSY, EAGAIN, ETXTBSY: .busy
        case ENXIO, ENODEV: .special
        default: .io
        }
    }
}

/// Runs a system call again while a signal interrupts it.
/// - Returns: its result, or `errno` when it was negative.
func attempt<T: SignedInteger>(_ call: () -> T) -> Result<T, SystemError> {
    while true {
        let result = call()
        if result >= 0 { return .success(result) }
        let number = errno
        if number != EINTR { return .failure(SystemError(number: number)) }
    }
}

/// `fstatat` without following a link; an empty name means the descriptor itself.
func statName(_ directory: Int32, _ name: [CChar]) -> Result<stat, SystemError> {
    var buffer = stat()
    return attempt {
        fstatat(directory, name, &buffer, AT_SYMLINK_NOFOLLOW | 0x1000 /* AT_EMPTY_PATH */)
    }.map { _ in buffer }
}

extension FileStat {
    /// Takes what `stat(2)` says.
    /// - Parameter modes: whether the executable bit says anything.
    init(_ stat: stat, modes: Bool = true) {
        let kind: FileKind =
            switch stat.st_mode & S_IFMT {
            case S_IFREG: .file(executable: modes && stat.st_mode & S_IXUSR != 0)
            case S_IFLNK: .symbolicLink
            case S_IFDIR: .directory
            default: .special
            }
        self.init(
            kind: kind, size: Int64(stat.st_size), modified: stat.st_mtim.nanoseconds,
            changed: stat.st_ctim.nanoseconds, inode: UInt64(stat.st_ino),
            device: UInt64(stat.st_dev))
    }

    /// Whether both describe the same inode.
    func isSameInode(_ other: FileStat) -> Bool {
        inode == other.inode && device == other.device
    }
}

extension timespec {
    /// Nanoseconds since 1970 UTC; saturates past the year 2262.
    var nanoseconds: Int64 {
        let (product, overflow) = Int64(tv_sec).multipliedReportingOverflow(by: 1_000_000_000)
        if overflow { return tv_sec < 0 ? .min : .max }
        let (sum, past) = product.addingReportingOverflow(Int64(tv_nsec))
        return past ? .max : sum
    }
}
