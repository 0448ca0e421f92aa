internal import Glibc
internal import SyncModel

/// Looks at one folder: whether it can be read, written and changed without a race.
struct FolderCheckup {
    private let folder: Configuration.Folder
    private var path: String { folder.path }
    /// In a command.
    private var word: String { ShellWord.shown(path) }

    init(_ folder: Configuration.Folder) { self.folder = folder }

    func findings() -> [Finding] {
        if let missing { return [missing] }
        guard access(path, R_OK | X_OK) == 0 else {
            return [.fail("folder", "\(path) cannot be read", mend: "chmod u+rwx \(word)")]
        }
        guard access(path, W_OK) == 0 else {
            return [.fail("folder", "\(path) cannot be written", mend: "chmod u+w \(word)")]
        }
        var status = stat()
        guard stat(path, &status) == 0, status.st_uid == geteuid() else {
            return [
                .warn(
                    "folder", "\(path) belongs to another user, so files cannot be leased",
                    mend: "chown -R $USER \(word)")
            ]
        }
        return [leases]
    }

    /// That no directory stands there; nil when one does.
    var missing: Finding? {
        var status = stat()
        if stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR { return nil }
        return .fail(
            "folder", "\(path) is not there: nothing of it counts as deleted",
            mend: "mount it, or mkdir \(word); then syncctl sync --accept-folders")
    }

    /// Tries a lease on a file that has no name: nothing appears in the folder.
    private var leases: Finding {
        let tmpfile: Int32 = 0o20_000_000 | O_DIRECTORY
        let file = open(path, tmpfile | O_RDWR | O_CLOEXEC, 0o600)
        guard file >= 0 else {
            return .ok("folder", "\(path), leases not tried: \(String(cString: strerror(errno)))")
        }
        defer { close(file) }
        // F_SETLEASE of fcntl(2), which Glibc's module leaves out.
        if fcntl(file, 1024, Int32(F_WRLCK)) == 0 { return .ok("folder", "\(path), leases work") }
        return .warn(
            "folder",
            "\(path): its file system has no leases (\(String(cString: strerror(errno)))):"
                + " a file that is replaced is kept until it is seen to be unchanged",
            mend: "a local file system such as ext4, xfs or btrfs has them")
    }
}

/// Counts directories.
enum DirectoryCount {
    /// How many directories there are, a root included; links are not followed.
    /// - Parameter most: where the count ends.
    static func below(_ root: String, most: Int) -> Int {
        var pending = [root]
        var count = 0
        while let path = pending.popLast(), count < most {
            guard let names = DirectoryNames(path) else { continue }
            count += 1
            for entry in names where entry.isDirectory { pending.append("\(path)/\(entry.text)") }
        }
        return count
    }
}
