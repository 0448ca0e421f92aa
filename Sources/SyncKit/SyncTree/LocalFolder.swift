internal import CLinux
internal import Glibc
package import SyncModel
internal import Synchronization

/// A watched folder on a real Linux file system.
///
/// Capture reads and apply changes files here by the rules of ARCHITECTURE.md, "Safe capture" and
/// "Race-free apply". Every call resolves its path anew from the root's descriptor; nothing is
/// cached between calls but the staging directory and the list of displaced files.
package final class LocalFolder: FolderAccess {
    /// How the file system is to be used; all true but where a test looks at a fallback.
    struct Abilities: Sendable {
        var openat2 = true
        var leases = true
        var exchange = true
        /// Whether each file has an executable bit that stays as it is set; false, too, where the
        /// file system turned out to keep none.
        var modes = true
    }

    let path: String
    let root: Root
    let staging: Staging
    let abilities: Abilities
    let displaced: Mutex<DisplacedTable>
    /// Directories in which a directory was made that no `flush` has made durable yet.
    let unflushedParents = Mutex<Set<TreePath?>>([])
    /// Staged files that have another's attributes: those of a directory are not put over them.
    let resembling = Mutex<Set<UInt64>>([])
    private let expected: RootIdentity

    /// What the root is, to be remembered and expected the next time.
    package var identity: RootIdentity { root.identity }

    /// How many versions apply moved aside and has not rechecked: while there are any, the folder
    /// may hold edits that nobody has read.
    package var displacedCount: Int { displaced.withLock { $0.files.count } }

    /// Opens a folder and finds what a crash left in its staging directory: staged files that
    /// were not installed are removed, displaced ones wait for `recheckDisplaced`.
    ///
    /// - Parameters:
    ///   - root: the folder's directory; a symbolic link is followed here only.
    ///   - expectedIdentity: what `identity` was when the folder was first seen.
    ///   - stagingPreferred: an existing or new directory outside the folder, one for this vault;
    ///     used when files can be renamed between it and the folder, else `.syncd-staging` in the
    ///     folder's root is, for as long as there is something in it.
    /// - Throws: `.rootMissing`, `.rootReplaced`, or why the staging directory cannot be used.
    package convenience init(
        root: String, expectedIdentity: RootIdentity? = nil,
        stagingPreferred: String? = nil
    ) throws(FolderError) {
        try self.init(
            root: root, expectedIdentity: expectedIdentity, stagingPreferred: stagingPreferred,
            abilities: Abilities())
    }

    /// As the package's initializer, with some of the system's abilities left unused.
    init(
        root path: String, expectedIdentity: RootIdentity? = nil,
        stagingPreferred: String? = nil, abilities: Abilities
    ) throws(FolderError) {
        root = try Self.openRoot(path, abilities)
        expected = expectedIdentity ?? root.identity
        guard root.identity.isSame(as: expected) else {
            throw FolderError(.rootReplaced, "open the folder", nil, path)
        }
        staging = try Staging(root: root, folder: path, preferred: stagingPreferred)
        self.path = path
        var usable = abilities
        usable.modes = abilities.modes && ExecutableBit.isKept(root, staging)
        self.abilities = usable
        displaced = Mutex(DisplacedTable())
        try recoverStaging()
    }

    /// Compares the directory that the path names now with the open one and the expected one.
    ///
    /// - Throws: `.rootMissing`, `.rootReplaced`; nothing is changed.
    package func checkRoot() throws(FolderError) {
        var buffer = Glibc.stat()
        let name = path
        switch attempt({ fstatat(AT_FDCWD, name, &buffer, 0) }) {
        case .failure(let error): throw Self.rootError(error, path)
        case .success: break
        }
        guard buffer.st_mode & S_IFMT == S_IFDIR else {
            throw FolderError(.rootMissing, "look at the folder", nil, "\(path): no directory")
        }
        // While the root is open no other file system has its device number.
        let (device, inode) = (UInt64(buffer.st_dev), UInt64(buffer.st_ino))
        guard device == identity.device, inode == identity.inode else {
            throw FolderError(
                .rootReplaced, "look at the folder", nil,
                "\(path) is inode \(inode) on device \(device), "
                    + "was \(expected.inode) on \(expected.device)")
        }
    }

    private static func openRoot(
        _ path: String, _ abilities: Abilities
    ) throws(FolderError) -> Root {
        do throws(SystemError) {
            return try Root.open(path, allowOpenat2: abilities.openat2)
        } catch {
            throw rootError(error, path)
        }
    }

    private static func rootError(_ error: SystemError, _ path: String) -> FolderError {
        switch error.number {
        case ENOENT, ENOTDIR:
            FolderError(.rootMissing, "open the folder", nil, "\(path): \(error.text)")
        default: error.folderError("open the folder", nil)
        }
    }

    /// Looks at a path without opening it; nil also where a link or file stands above it.
    package func stat(_ path: TreePath) throws(FolderError) -> FileStat? {
        do throws(SystemError) {
            let place = try Place(path, below: root)
            return FileStat(
                try statName(place.directory.number, place.name).get(), modes: abilities.modes)
        } catch {
            switch error.number {
            // A link or a file where a directory would be, or a name that no file can have here:
            // nothing stands at that path.
            case ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG, EILSEQ, EINVAL: return nil
            default: throw error.folderError("look at", path)
            }
        }
    }

    /// Reads a file under a read lease where one can be had, else between two equal stats.
    ///
    /// A database is read only while nothing stands in a log or journal beside it. That is looked
    /// at after the read: what a program began before, it had not ended.
    package func read(_ path: TreePath, whileOpen: Bool) throws(FolderError) -> FileSnapshot {
        let place = try place(path)
        var abilities = abilities
        if whileOpen { abilities.leases = false }
        let leased = try lease(place, path, abilities)
        if Database.isInUse(place, holdsOne: leased.isDatabase) {
            throw FolderError(
                .inUse, "read", path, "a log or journal stands beside it, or it is a journal")
        }
        return leased.snapshot
    }

    /// Opens, leases and reads what stands at a path, whatever stands beside it.
    func lease(_ path: TreePath) throws(FolderError) -> LeasedFile {
        try lease(try place(path), path)
    }

    private func place(_ path: TreePath) throws(FolderError) -> Place {
        do throws(SystemError) { return try Place(path, below: root) } catch {
            if error.number == ELOOP {
                throw FolderError(.notFound, "read", path, "a link stands above it")
            }
            throw error.folderError("read", path)
        }
    }

    /// Asks the system for the right to write, and looks for a log.
    package func isStillQuarantined(_ path: TreePath, for reason: QuarantinedPath.Reason) -> Bool {
        do throws(SystemError) {
            let place = try Place(path, below: root)
            let (directory, name) = (place.directory.number, place.name)
            switch reason {
            case .inUse: return Database.isInUse(place)
            case .readOnly:
                if faccessat(directory, ".", W_OK, AT_EACCESS) != 0 { return true }
                // A file gives way whatever its mode is, unless it is immutable.
                let flags = AT_EACCESS | AT_SYMLINK_NOFOLLOW
                return attempt { faccessat(directory, name, W_OK, flags) }
                    == .failure(SystemError(number: EPERM))
            default: return false
            }
        } catch {
            return reason == .mount && error.number == EXDEV
        }
    }

    /// Opens, leases and reads what stands at a path, in a directory that is open.
    func lease(_ place: borrowing Place, _ path: TreePath, _ abilities: Abilities? = nil)
        throws(FolderError) -> LeasedFile
    {
        try LeasedFile(
            place.directory.number, place.name, path: path,
            abilities: abilities ?? self.abilities, below: root)
    }
}
