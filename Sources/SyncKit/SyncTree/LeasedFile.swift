internal import CLinux
internal import Glibc
internal import SyncModel

/// What stands at a name, opened and read in one consistent state. While the value lives and
/// `isLeased`, nobody can write to the file; its name may still be given to another.
struct LeasedFile: ~Copyable {
    /// As git stores it; nil of a file whose executable bit the file system does not keep.
    let mode: FileMode?
    let stat: FileStat
    /// Permission bits as they are, beyond what `mode` says.
    let permissions: UInt32
    /// The bytes; of a symbolic link its target.
    let content: [UInt8]
    let isLeased: Bool
    let descriptor: Descriptor

    /// The content and stat as the seam hands them on.
    var snapshot: FileSnapshot { FileSnapshot(mode: mode, content: content, stat: stat) }

    /// Whether it is no link.
    var isFile: Bool { mode != .symbolicLink }
    /// Whether the content is a SQLite database.
    var isDatabase: Bool { isFile && Database.isOne(content) }
    /// Whether nobody can have the inode open for writing: links have no writers.
    var isSealed: Bool { isLeased || !isFile }

    /// Opens and reads a name.
    /// - Parameter abilities: whether there are leases, and executable bits.
    /// - Throws: as `FolderAccess.read`.
    init(
        _ directory: Int32, _ name: [CChar], path: TreePath,
        abilities: LocalFolder.Abilities = .init(), below root: borrowing Root
    ) throws(FolderError) {
        for _ in 0..<Limits.pathTries {
            let seen = try Self.perform(path) { () throws(SystemError) in
                FileStat(try statName(directory, name).get())
            }
            let leased: LeasedFile?
            switch seen.kind {
            case .directory: throw FolderError(.special, "read", path, "a directory")
            case .special: throw FolderError(.special, "read", path, "no file and no link")
            case .symbolicLink:
                leased = try Self.perform(path) { () throws(SystemError) in
                    try Self.readLink(directory, name)
                }
            case .file:
                leased = try Self.readFile(directory, name, path, abilities, root)
            }
            if let leased {
                self = leased
                return
            }
        }
        throw FolderError(.busy, "read", path, "it keeps changing under the read")
    }

    private init(
        mode: FileMode?, stat: stat, content: [UInt8], isLeased: Bool,
        descriptor: consuming Descriptor
    ) {
        self.mode = mode
        self.stat = FileStat(stat, modes: mode != nil)
        self.permissions = stat.st_mode & 0o7777
        self.content = content
        self.isLeased = isLeased
        self.descriptor = descriptor
    }

    private static func perform<T: ~Copyable>(
        _ path: TreePath, _ body: () throws(SystemError) -> T
    ) throws(FolderError) -> T {
        do { return try body() } catch { throw error.folderError("read", path) }
    }

    /// A link's target never changes in one inode: stat and target through one descriptor agree.
    /// - Returns: nil when it is no link any more.
    private static func readLink(
        _ directory: Int32, _ name: [CChar]
    ) throws(SystemError) -> LeasedFile? {
        let descriptor = Descriptor(
            number: try openName(directory, name, syncd_O_PATH).get())
        let stat = try statName(descriptor.number, [0]).get()
        guard stat.st_mode & S_IFMT == S_IFLNK else { return nil }
        var target = [CChar](repeating: 0, count: Int(PATH_MAX))
        let number = descriptor.number
        let count = try attempt { readlinkat(number, "", &target, Int(PATH_MAX)) }.get()
        return LeasedFile(
            mode: .symbolicLink, stat: stat,
            content: target.prefix(count).map { UInt8(bitPattern: $0) }, isLeased: false,
            descriptor: descriptor)
    }

    /// - Returns: nil when the file changed under the read or is no file any more.
    private static func readFile(
        _ directory: Int32, _ name: [CChar], _ path: TreePath,
        _ abilities: LocalFolder.Abilities, _ root: borrowing Root
    ) throws(FolderError) -> LeasedFile? {
        // O_NONBLOCK: neither a FIFO that took the name nor another's lease holds us up.
        let number: Int32
        do throws(SystemError) {
            number = try root.open(directory, name, O_RDONLY | O_NONBLOCK)
        } catch {
            if error.number == ELOOP { return nil }
            throw error.folderError("read", path)
        }
        let descriptor = Descriptor(number: number)
        let lease = abilities.leases ? ReadLease.take(number) : .unsupported
        if lease == .refused {
            throw FolderError(.busy, "read", path, "a program has it open for writing")
        }
        let before = try perform(path) { () throws(SystemError) in
            try statName(number, [0]).get()
        }
        guard before.st_mode & S_IFMT == S_IFREG else { return nil }
        guard before.st_size <= Limits.fileSize else {
            throw FolderError(.tooLarge, "read", path, "\(before.st_size) bytes")
        }
        if lease == .unsupported, isYoung(before) {
            throw FolderError(.busy, "read", path, young)
        }
        let content = try perform(path) { () throws(SystemError) in
            try readAll(number, size: Int(before.st_size))
        }
        // Even a lease lets mode and times change, and the kernel breaks it after 45 s.
        let after = try perform(path) { () throws(SystemError) in
            try statName(number, [0]).get()
        }
        guard let content, FileStat(before) == FileStat(after),
            before.st_mode == after.st_mode
        else { return nil }
        let mode: FileMode = before.st_mode & S_IXUSR != 0 ? .executable : .regular
        return LeasedFile(
            mode: abilities.modes ? mode : nil, stat: after, content: content,
            isLeased: lease == .leased, descriptor: descriptor)
    }

    /// Why a file cannot be read without a lease that nobody need have open.
    static let young = "it was changed this moment"

    /// Without a lease only the times tell of a write, and kernels before 6.13 count them in
    /// ticks of up to 10 ms: a second write within a tick of the last would not show.
    private static func isYoung(_ stat: stat) -> Bool {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        let age = now.nanoseconds.subtractingReportingOverflow(stat.st_ctim.nanoseconds)
        return !age.overflow && (0..<20_000_000).contains(age.partialValue)
    }

    /// - Returns: nil when there are more or fewer bytes than the stat said.
    private static func readAll(_ number: Int32, size: Int) throws(SystemError) -> [UInt8]? {
        var failure: SystemError?
        // One byte more than expected, to see a file that grew.
        let content = [UInt8](unsafeUninitializedCapacity: size + 1) { buffer, count in
            while count < buffer.count {
                let rest = UnsafeMutableRawBufferPointer(
                    rebasing: UnsafeMutableRawBufferPointer(buffer)[count...])
                switch attempt({ read(number, rest.baseAddress, rest.count) }) {
                case .success(let got):
                    count += got
                    // A file gives less than was asked for only at its end.
                    if got < rest.count { return }
                case .failure(let error):
                    failure = error
                    return
                }
            }
        }
        if let failure { throw failure }
        return content.count == size ? content : nil
    }
}
