internal import CLinux
internal import Glibc
package import SyncModel
internal import Synchronization

extension LocalFolder {
    /// Writes a version under a name of its own into the staging directory.
    ///
    /// - Throws: `.special` for a mode that is no file's, `.link` for a target that no link can
    ///   have, `.noSpace`, `.readOnly`, `.io`; no file is left.
    package func stage(
        _ content: [UInt8], as version: FileVersion, modified: Timestamp
    ) throws(FolderError) -> StagedFile {
        guard version.mode.isFile || version.mode == .symbolicLink else {
            throw FolderError(.special, "stage", nil, "mode \(version.mode.octal) is no file")
        }
        if version.mode == .symbolicLink, let fault = LinkTarget.fault(content) {
            throw FolderError(.link, "stage", nil, fault)
        }
        let token: UInt64
        do throws(SystemError) { token = try staging.begin() } catch {
            throw error.folderError("stage", nil, writing: true)
        }
        do throws(SystemError) {
            try write(content, version.mode, Staging.stagedName(token), modified)
        } catch {
            unlinkat(staging.descriptor, Staging.stagedName(token), 0)
            staging.end(token)
            let isRefused = [ENAMETOOLONG, EINVAL, EPERM, EOPNOTSUPP].contains(error.number)
            if version.mode == .symbolicLink, isRefused {
                throw FolderError(.link, "stage", nil, error.text)
            }
            throw error.folderError("stage", nil, writing: true)
        }
        return StagedFile(
            token: token, version: version,
            isDatabase: version.mode.isFile && Database.isOne(content))
    }

    /// Modes as git gives them: 666 or 777 less the umask.
    private func write(
        _ content: [UInt8], _ mode: FileMode, _ name: [CChar], _ modified: Timestamp
    ) throws(SystemError) {
        let directory = staging.descriptor
        let times = Self.times(modified)
        if mode == .symbolicLink {
            _ = try attempt { symlinkat(cName(content), directory, name) }.get()
            _ = try attempt { utimensat(directory, name, times, AT_SYMLINK_NOFOLLOW) }.get()
            return
        }
        let flags = O_WRONLY | O_CREAT | O_EXCL
        let permissions: UInt32 = mode == .executable ? 0o777 : 0o666
        let file = Descriptor(
            number: try openName(directory, name, flags, mode: permissions).get())
        let number = file.number
        var written = 0
        while written < content.count {
            written += try attempt {
                content.withUnsafeBytes { bytes in
                    let rest = bytes[written...]
                    return Glibc.write(
                        number, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                }
            }.get()
        }
        _ = try attempt { futimens(number, times) }.get()
    }

    private static func times(_ modified: Timestamp) -> [timespec] {
        let milliseconds = modified.milliseconds - modified.seconds * 1000
        return [
            timespec(tv_sec: 0, tv_nsec: (1 << 30) - 2 /* UTIME_OMIT */),
            timespec(tv_sec: Int(modified.seconds), tv_nsec: Int(milliseconds) * 1_000_000),
        ]
    }

    /// Makes staged files durable. After a failure all of them are removed: what a failed
    /// `fsync` left unwritten, a second one reports as written.
    package func flush(_ staged: [StagedFile]) throws(FolderError) {
        let files = staged.filter { $0.version.mode.isFile }
        do throws(SystemError) {
            if files.count > Limits.syncOneByOne {
                let directory = staging.descriptor
                _ = try attempt { syncd_syncfs(directory) }.get()
                return
            }
            for file in files {
                try Self.sync(staging.descriptor, Staging.stagedName(file.token), O_RDONLY)
            }
        } catch {
            for file in staged { discard(file) }
            throw error.folderError("make staged files durable", nil, writing: true)
        }
    }

    private static func sync(
        _ directory: Int32, _ name: [CChar], _ flags: Int32
    ) throws(SystemError) {
        let file = Descriptor(number: try openName(directory, name, flags).get())
        let number = file.number
        _ = try attempt { fsync(number) }.get()
    }

    /// Removes a staged file that was not installed; an installed one is left alone.
    package func discard(_ staged: StagedFile) {
        _ = resembling.withLock { $0.remove(staged.token) }
        // A file that was installed has another name now and is not found.
        if unlinkat(staging.descriptor, Staging.stagedName(staged.token), 0) == 0 {
            staging.end(staged.token)
        }
    }

    /// Makes renames durable, in these directories and wherever `install` made new ones.
    ///
    /// - Throws: `.noSpace`, `.readOnly`, `.io`; the next flush tries them all again.
    package func flush(directories: Set<TreePath?>) throws(FolderError) {
        let made = unflushedParents.withLock { parents in
            defer { parents = [] }
            return parents
        }
        let all = directories.union(made)
        do throws(SystemError) {
            if all.count > Limits.syncOneByOne {
                let number = root.descriptor.number
                _ = try attempt { syncd_syncfs(number) }.get()
                return
            }
            for directory in all { try flushNearest(directory) }
        } catch {
            unflushedParents.withLock { $0.formUnion(all) }
            throw error.folderError("make directories durable", nil, writing: true)
        }
    }

    /// Flushes a directory, or the nearest one above that still stands.
    private func flushNearest(_ directory: TreePath?) throws(SystemError) {
        var current = directory
        while true {
            do throws(SystemError) {
                let descriptor = try root.openDirectory(current, flags: O_RDONLY)
                let number = descriptor.number
                _ = try attempt { fsync(number) }.get()
                return
            } catch {
                switch error.number {
                case ENOENT, ENOTDIR, ELOOP:
                    guard let gone = current else { throw error }
                    current = gone.parent
                case EACCES, EPERM, EXDEV, ENAMETOOLONG, EINVAL:
                    // It may be written and not read, another is mounted over it, or it is on a
                    // file system that flushes no directories.
                    let number = root.descriptor.number
                    _ = try attempt { syncd_syncfs(number) }.get()
                    return
                default: throw error
                }
            }
        }
    }
}
