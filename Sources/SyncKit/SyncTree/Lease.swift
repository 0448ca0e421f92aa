internal import CLinux
internal import Glibc

/// A read lease (`fcntl(2)`, `F_SETLEASE`): while it is held nobody can begin to write the file.
///
/// Why a read lease and not a write lease. Both are refused while any descriptor is open for
/// writing or a writable shared mapping exists, even one whose descriptor is closed; both hold up
/// `open` for writing and `truncate` until they are released. A write lease is also refused for
/// readers and holds new readers up, so `tail -f` or a viewer would keep a file from being
/// updated for ever, and it excludes no writer that the read lease lets in. (`LeaseTests` has the
/// table.) Neither keeps a name from being renamed over or removed: that is checked afterwards.
///
/// An opener that is held up counts as a writer already (`i_writecount` rises before the lease is
/// broken), so a lease cannot be had again on that inode until it has written and closed.
enum ReadLease {
    case leased
    /// A program has the file open for writing, or waits to.
    case refused
    /// Not the owner, or a file system that has none, or whose refusal tells nothing.
    case unsupported

    /// Asks for a lease on a descriptor that is open for reading only. Closing releases it.
    ///
    /// The kernel tells a holder of a waiting writer by a signal, `SIGIO` unless told otherwise,
    /// which kills a process that does not handle it. Our leases last for one read, so nobody
    /// needs telling: the signal is set to `SIGURG`, which is ignored unless somebody asks for
    /// it, and the process's own dispositions stay as they are.
    static func take(_ descriptor: Int32) -> ReadLease {
        guard syncd_fcntl_int(descriptor, SYNCD_F_SETSIG, SIGURG) == 0 else { return .unsupported }
        switch attempt({ syncd_fcntl_int(descriptor, SYNCD_F_SETLEASE, Int32(F_RDLCK)) }) {
        case .success: return .leased
        case .failure(let error):
            return answer(to: error.number, on: syncd_file_system(descriptor))
        }
    }

    /// NFS, CIFS and SMB 2, of linux/magic.h.
    private static let remoteFileSystems: Set<UInt32> = [0x6969, 0xff53_4d42, 0xfe53_4d42]

    /// What a refusal says. NFS and SMB give no lease but where the server gave the file into this
    /// machine's hands (a delegation, an oplock), and say `EAGAIN` else, program or no program.
    /// - Parameters:
    ///   - number: the `errno`.
    ///   - fileSystem: the `f_type` of `statfs(2)`; 0 where it is not known.
    static func answer(to number: Int32, on fileSystem: UInt32) -> ReadLease {
        switch number {
        case EAGAIN: remoteFileSystems.contains(fileSystem) ? .unsupported : .refused
        case ENOMEM: .refused
        default: .unsupported
        }
    }
}
