internal import CLinux
internal import Glibc
internal import SyncModel

/// Directories that hold nothing but directories: git has no word for them, so they give way to a
/// file.
extension LocalFolder {
    /// Whether anything but directories stands at or below a directory, as far as can be seen.
    func hasFiles(_ path: TreePath) throws(SystemError) -> Bool {
        try emptyTree(path) == nil
    }

    /// Removes a directory in which no file is, the deepest first. What is put into it meanwhile
    /// stays, because only an empty directory can be removed.
    /// - Returns: whether the name may be free now; where it is not, hardly anything was removed.
    func removeEmptyTree(_ path: TreePath) throws(SystemError) -> Bool {
        guard let directories = try emptyTree(path) else { return false }
        for directory in directories.reversed() {
            let place = try Place(directory, below: root)
            let (above, name) = (place.directory.number, place.name)
            guard case .failure(let error) = attempt({ unlinkat(above, name, AT_REMOVEDIR) })
            else { continue }
            switch error.number {
            case ENOENT, ENOTDIR: continue
            case ENOTEMPTY, EEXIST, EBUSY: return false
            default: throw error
            }
        }
        return true
    }

    /// The directories from a path down, each before what is in it; none where it is no directory.
    /// - Returns: nil when there is a file among them, a directory that cannot be looked into, or
    ///   more of them than `Limits.emptyDirectories`.
    private func emptyTree(_ path: TreePath) throws(SystemError) -> [TreePath]? {
        var found = [path]
        var next = 0
        while next < found.count {
            let directory = found[next]
            let entries: [FolderEntry]
            do throws(SystemError) {
                let descriptor = try root.openDirectory(directory, flags: O_RDONLY)
                entries = try Self.entries(consuming: descriptor)
            } catch {
                switch error.number {
                // No directory (any more): a FIFO, a socket, or what came after it.
                case ENOENT, ENOTDIR, ELOOP:
                    if next == 0 { return [] }
                    return nil
                case EMFILE, ENFILE: throw error
                default: return nil
                }
            }
            for entry in entries {
                guard entry.stat.kind == .directory, found.count < Limits.emptyDirectories,
                    let child = directory.appending(entry.name)
                else { return nil }
                found.append(child)
            }
            next += 1
        }
        return found
    }
}
