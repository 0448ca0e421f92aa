internal import CLinux
internal import Glibc
internal import SyncModel

/// What a file has and git does not carry: owner and group, rights beyond the mode, extended
/// attributes. All of it is kept as far as the daemon may; none of it ever fails an update.
enum Attributes {
    /// Not kept with other content: rights that a program got for what it was, and checksums.
    private static let ofContent: Set<String> = [
        "security.capability", "security.ima", "security.evm",
    ]

    /// Gives a staged file the owner and the group of the one that it replaces.
    static func keepOwner(of old: Int32, on directory: Int32, _ name: [CChar]) {
        guard case .success(let wanted) = statName(old, [0]),
            case .success(let now) = statName(directory, name),
            (wanted.st_uid, wanted.st_gid) != (now.st_uid, now.st_gid)
        else { return }
        let flags = AT_SYMLINK_NOFOLLOW
        if fchownat(directory, name, wanted.st_uid, wanted.st_gid, flags) == 0 { return }
        // Only root may give a file away; a group that the daemon is in it may set.
        _ = fchownat(directory, name, uid_t.max, wanted.st_gid, flags)
    }

    /// Copies the extended attributes, the list of rights (ACL) among them.
    static func copy(from old: Int32, to directory: Int32, _ name: [CChar]) {
        let names = list(old)
        if names.isEmpty { return }
        guard case .success(let number) = openName(directory, name, O_RDONLY) else { return }
        let new = Descriptor(number: number)
        for name in names where !ofContent.contains(name) {
            guard let value = value(old, name) else { continue }
            set(new.number, name, value)
        }
    }

    /// Gives a new file what its directory hands down: the group where that is setgid, and the
    /// default list of rights. Directories get both from the kernel.
    static func inherit(
        from directory: Int32, in staging: Int32, _ name: [CChar], as mode: FileMode
    ) {
        guard case .success(let above) = statName(directory, [0]) else { return }
        if above.st_mode & S_ISGID != 0 {
            _ = fchownat(staging, name, uid_t.max, above.st_gid, AT_SYMLINK_NOFOLLOW)
        }
        guard mode.isFile,
            case .success(let number) = attempt({
                syncd_openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)
            })
        else { return }
        let listed = Descriptor(number: number)
        guard let rights = value(listed.number, "system.posix_acl_default"),
            let inherited = AccessList.inherited(rights, as: mode),
            case .success(let file) = openName(staging, name, O_RDONLY)
        else { return }
        let new = Descriptor(number: file)
        set(new.number, "system.posix_acl_access", inherited)
    }

    private static func list(_ file: Int32) -> [String] {
        let size = syncd_flistxattr(file, nil, 0)
        guard size > 0 else { return [] }
        var names = [CChar](repeating: 0, count: size)
        let count = syncd_flistxattr(file, &names, size)
        guard count > 0 else { return [] }
        return names.prefix(count).split(separator: 0).map {
            String(decoding: $0.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
    }

    private static func value(_ file: Int32, _ name: String) -> [UInt8]? {
        let size = syncd_fgetxattr(file, name, nil, 0)
        guard size >= 0 else { return nil }
        var value = [UInt8](repeating: 0, count: size)
        let count = syncd_fgetxattr(file, name, &value, size)
        return count == size ? value : nil
    }

    private static func set(_ file: Int32, _ name: String, _ value: [UInt8]) {
        _ = value.withUnsafeBytes { syncd_fsetxattr(file, name, $0.baseAddress, $0.count) }
    }
}

/// Lists of rights as the kernel keeps them: a version, then eight bytes for each entry.
/// Source: linux/posix_acl_xattr.h, acl(5).
enum AccessList {
    private static let owner: UInt8 = 0x01
    private static let group: UInt8 = 0x04
    private static let mask: UInt8 = 0x10
    private static let others: UInt8 = 0x20

    /// What a new file has from its directory's default list, as the kernel would make it for one
    /// that is created with 666 or 777; the umask counts for nothing then.
    /// - Returns: nil for a list that is malformed.
    static func inherited(_ list: [UInt8], as mode: FileMode) -> [UInt8]? {
        guard list.count >= 4, list.count % 8 == 4, list.starts(with: [2, 0, 0, 0]) else {
            return nil
        }
        var list = list
        let tags = stride(from: 4, to: list.count, by: 8).map { list[$0] }
        let hasMask = tags.contains(mask)
        let bits: UInt8 = mode == .executable ? 7 : 6
        for (index, tag) in tags.enumerated() {
            let rights = 4 + index * 8 + 2
            switch tag {
            // The owner's bit is the one that git knows.
            case owner: list[rights] = list[rights] & bits | (mode == .executable ? 1 : 0)
            case mask, others: list[rights] &= bits
            case group where !hasMask: list[rights] &= bits
            default: break
            }
        }
        return list
    }
}
