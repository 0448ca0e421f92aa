internal import CLinux
internal import Glibc
internal import SyncModel

/// A folder's root directory, and the way to every path below it: no symbolic link is followed,
/// no other file system entered, nothing above the root reached.
struct Root: ~Copyable {
    let descriptor: Descriptor
    let identity: RootIdentity
    /// Whether the kernel has `openat2` (Linux 5.6; a container's filter may refuse it).
    let hasOpenat2: Bool

    /// Opens the directory. A symbolic link is followed here only: the path is the user's own.
    static func open(_ path: String, allowOpenat2: Bool) throws(SystemError) -> Root {
        let number = try attempt {
            syncd_openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)
        }.get()
        let descriptor = Descriptor(number: number)
        return Root(
            descriptor: descriptor, identity: try RootIdentity(of: number),
            hasOpenat2: allowOpenat2 && kernelHasOpenat2(number))
    }

    private static func kernelHasOpenat2(_ root: Int32) -> Bool {
        let flags = UInt64(UInt32(bitPattern: syncd_O_PATH | O_CLOEXEC))
        let result = attempt { syncd_openat2(root, ".", flags, 0, Self.beneath) }
        guard case .success(let number) = result else { return false }
        close(number)
        return true
    }

    private static let dot = cName(".".utf8)
    private static let beneath = UInt64(
        RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV)

    /// Opens a directory below the root for use with the `*at` calls or, with `O_RDONLY`, to list.
    /// - Throws: `ENOENT`, `ENOTDIR`, `ELOOP` (a link on the way), `EXDEV` (another file
    ///   system), `ENAMETOOLONG` (deeper than `Limits.pathDepth`), `EACCES`.
    func openDirectory(
        _ path: TreePath?, flags: Int32 = syncd_O_PATH
    ) throws(SystemError) -> Descriptor {
        guard let path else {
            return Descriptor(
                number: try open(descriptor.number, Self.dot, flags | O_DIRECTORY))
        }
        let depth = path.bytes.count { $0 == 0x2f } + 1
        guard depth <= Limits.pathDepth else { throw SystemError(number: ENAMETOOLONG) }
        if hasOpenat2, path.bytes.count < Self.pathMax {
            return Descriptor(
                number: try open(descriptor.number, cName(path.bytes), flags | O_DIRECTORY))
        }
        return try walk(path, flags: flags)
    }

    /// `PATH_MAX` less its NUL: what one system call takes.
    private static let pathMax = 4095

    /// Goes down in groups of names that each fit one call.
    private func walk(_ path: TreePath, flags: Int32) throws(SystemError) -> Descriptor {
        var current = Descriptor(
            number: try open(descriptor.number, Self.dot, syncd_O_PATH | O_DIRECTORY))
        var rest = path.bytes[...]
        while !rest.isEmpty {
            let group = groupEnd(rest)
            let isLast = group == rest.endIndex
            let number = try open(
                current.number, cName(rest[..<group]),
                (isLast ? flags : syncd_O_PATH) | O_DIRECTORY)
            current = Descriptor(number: number)
            rest = isLast ? [] : rest[(group + 1)...]
        }
        return current
    }

    /// The index of the slash that ends the longest group, or the end.
    private func groupEnd(_ rest: ArraySlice<UInt8>) -> Int {
        if !hasOpenat2 { return rest.firstIndex(of: 0x2f) ?? rest.endIndex }
        if rest.count < Self.pathMax { return rest.endIndex }
        return rest[..<(rest.startIndex + Self.pathMax)].lastIndex(of: 0x2f) ?? rest.endIndex
    }

    /// Opens one group of names below a directory, or a single name where `openat2` is missing.
    func open(
        _ directory: Int32, _ name: [CChar], _ flags: Int32
    ) throws(SystemError) -> Int32 {
        guard hasOpenat2 else { return try openPlain(directory, name, flags) }
        let all = UInt64(UInt32(bitPattern: flags | O_CLOEXEC | O_NOFOLLOW))
        var tries = 0
        while true {
            let result = attempt { syncd_openat2(directory, name, all, 0, Self.beneath) }
            // EAGAIN: the kernel could not be sure of the path while something was renamed.
            if case .failure(let error) = result, error.number == EAGAIN,
                tries < Limits.pathTries, flags & O_NONBLOCK == 0
            {
                tries += 1
                continue
            }
            return try result.get()
        }
    }

    /// The way without `openat2`: one name at a time, the device compared instead of the mount.
    private func openPlain(
        _ directory: Int32, _ name: [CChar], _ flags: Int32
    ) throws(SystemError) -> Int32 {
        let number = try openName(directory, name, flags).get()
        switch statName(number, [0]) {
        case .success(let stat) where UInt64(stat.st_dev) == identity.device: return number
        case .success:
            close(number)
            throw SystemError(number: EXDEV)
        case .failure(let error):
            close(number)
            throw error
        }
    }
}

/// A path as the `*at` calls take it: the open directory above it and its last name.
struct Place: ~Copyable {
    let directory: Descriptor
    let name: [CChar]

    /// Opens the directory above the path.
    init(_ path: TreePath, below root: borrowing Root) throws(SystemError) {
        directory = try root.openDirectory(path.parent)
        name = cName(path.name)
    }
}
