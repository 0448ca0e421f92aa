internal import CLinux
internal import Glibc
internal import SyncModel

/// What tells a folder's root from another directory in its place. The root of each file system
/// has the same inode number, and the next disk that is mounted the same device number: so which
/// file system it is counts too, and when the directory was made. Where both are known they are
/// enough: many file systems get the next free device number at each start of the machine.
package struct RootIdentity: Sendable, Equatable {
    /// `st_dev`.
    package let device: UInt64
    /// `st_ino`, unique on the device only while the directory exists.
    package let inode: UInt64
    /// `f_fsid`, which most file systems make of their UUID; nil where there is none.
    private let fileSystem: UInt64?
    /// `stx_btime`, nanoseconds since 1970; nil where it is not kept.
    private let born: Int64?

    /// Reads what `text` wrote: decimal numbers between colons, nothing for what is not known.
    /// That of a version before has the first two alone.
    package init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2 || parts.count == 4, let device = UInt64(parts[0]),
            let inode = UInt64(parts[1])
        else { return nil }
        self.init(
            device: device, inode: inode, fileSystem: parts.count == 4 ? UInt64(parts[2]) : nil,
            born: parts.count == 4 ? Int64(parts[3]) : nil)
    }

    /// The form that `init` reads.
    package var text: String {
        let (system, born) = (fileSystem.map { "\($0)" }, born.map { "\($0)" })
        return "\(device):\(inode):\(system ?? ""):\(born ?? "")"
    }

    init(device: UInt64, inode: UInt64, fileSystem: UInt64?, born: Int64?) {
        (self.device, self.inode) = (device, inode)
        (self.fileSystem, self.born) = (fileSystem, born)
    }

    /// Asks about an open directory. In layers (overlayfs) both change when a directory is first
    /// written to, so that they say nothing.
    init(of directory: Int32) throws(SystemError) {
        let stat = FileStat(try statName(directory, [0]).get())
        var (system, born): (UInt64, Int64) = (0, 0)
        let known = syncd_origin(directory, &system, &born)
        self.init(
            device: stat.device, inode: stat.inode,
            fileSystem: known & SYNCD_HAS_FILE_SYSTEM != 0 ? system : nil,
            born: known & SYNCD_HAS_BIRTH != 0 ? born : nil)
    }

    /// Whether it is the same directory, as far as both are known.
    package func isSame(as other: RootIdentity) -> Bool {
        if inode != other.inode { return false }
        let areKnown = (
            system: fileSystem != nil && other.fileSystem != nil,
            birth: born != nil && other.born != nil
        )
        if areKnown.system, fileSystem != other.fileSystem { return false }
        if areKnown.birth, born != other.born { return false }
        return device == other.device || areKnown.system && areKnown.birth
    }
}
