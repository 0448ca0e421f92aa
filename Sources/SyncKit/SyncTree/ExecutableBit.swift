internal import CLinux
internal import Glibc
internal import SyncModel

/// Whether a file system keeps the executable bit of each file, as git's `core.fileMode` says of
/// a work tree. Where it does not, all files look alike, as the mount has it, and `chmod` says
/// that it was done.
package enum ExecutableBit {
    /// Whether the one of an open file says something for sure; where that had to be tried it does
    /// not.
    package static func isKept(of file: Int32) -> Bool {
        isKept(on: syncd_file_system(file)) ?? false
    }

    /// Asks what is known of the file system, and where that depends on the mount or on what is
    /// behind it, tries it.
    static func isKept(_ root: borrowing Root, _ staging: Staging) -> Bool {
        if let known = isKept(on: syncd_file_system(root.descriptor.number)) { return known }
        do throws(SystemError) { return try isKept(in: staging) } catch {
            // Nothing can be written there: taken for kept, one mount option would change the mode
            // of every file on every device; taken for not kept, none changes.
            return areUnlike(in: root)
        }
    }

    /// Whether one file at the top is executable and another is not, which no mount's mode makes.
    static func areUnlike(in root: borrowing Root) -> Bool {
        let number = root.descriptor.number
        do throws(SystemError) {
            let again = try attempt {
                syncd_openat(number, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)
            }.get()
            let entries = try LocalFolder.entries(consuming: Descriptor(number: again))
            let kinds = Set(entries.map(\.stat.kind))
            return kinds.isSuperset(of: [.file(executable: true), .file(executable: false)])
        } catch { return false }
    }

    /// What is known of a kind of file system.
    /// - Parameter fileSystem: the `f_type` of `statfs(2)`, of linux/magic.h and the like.
    /// - Returns: nil where it has to be tried.
    static func isKept(on fileSystem: UInt32) -> Bool? {
        switch fileSystem {
        // FAT, exFAT, and NTFS, where a file that Windows made has none.
        case 0x4d44, 0x2011_bab0, 0x7366_746e: false
        // FUSE, SMB, CIFS, SMB 2, 9P, folders of VirtualBox; the old drivers of NTFS and HFS.
        case 0x6573_5546, 0x517b, 0xff53_4d42, 0xfe53_4d42, 0x0102_1997, 0x786f_4256,
            0x5346_544e, 0x4244:
            nil
        default: true
        }
    }

    /// Sets and clears it on a file of its own, and takes that away again. What a crash leaves
    /// goes with the staged files.
    static func isKept(in staging: Staging) throws(SystemError) -> Bool {
        let token = try staging.begin()
        defer { staging.end(token) }
        let (directory, name) = (staging.descriptor, cName("s-bit".utf8))
        unlinkat(directory, name, 0)
        // Closed by then: FUSE only hides a file that somebody has open.
        defer { unlinkat(directory, name, 0) }
        return try isKept(in: directory, by: name)
    }

    private static func isKept(in directory: Int32, by name: [CChar]) throws(SystemError) -> Bool {
        let flags = O_WRONLY | O_CREAT | O_EXCL
        let file = Descriptor(number: try openName(directory, name, flags, mode: 0o600).get())
        let number = file.number
        if try statName(directory, name).get().st_mode & S_IXUSR != 0 { return false }
        for mode: UInt32 in [0o700, 0o600] {
            _ = try attempt { fchmod(number, mode) }.get()
            if try statName(directory, name).get().st_mode & S_IXUSR != mode & S_IXUSR {
                return false
            }
        }
        return true
    }
}
