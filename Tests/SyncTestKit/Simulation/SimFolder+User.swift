package import SyncModel
internal import Synchronization

/// The user's side: what stands in the folder, and edits between any two calls of the engine.
extension SimFolder {
    /// All files.
    package var files: [TreePath: File] { state.withLock { $0.files } }

    /// How many times apply changed a file.
    package var writes: Int { state.withLock { $0.writes } }

    /// Whether a displaced file waits to be looked at.
    package var hasDisplaced: Bool { state.withLock { !$0.displaced.isEmpty } }

    /// Writes a file as a program does; what stands in its way as a directory or file goes.
    package func write(_ path: TreePath, _ content: [UInt8], mode: FileMode, inPlace: Bool) {
        let time = tick()
        state.withLock { state in
            for other in state.files.keys
            where other != path && (other.isAtOrBelow(path) || path.isAtOrBelow(other)) {
                state.files[other] = nil
            }
            state.clear(path)
            let old = inPlace ? state.files[path]?.stat.inode : nil
            Self.put(path, content, mode, modified: time, changed: time, inode: old, &state)
        }
    }

    /// Lets a file's stat say what no clock says: somebody set it, or the file system is odd.
    /// - Parameters: nanoseconds since 1970 UTC.
    package func setTimes(of path: TreePath, modified: Int64, changed: Int64) {
        state.withLock { state in
            guard let file = state.files[path] else { return }
            state.files[path]?.stat = FileStat(
                kind: file.stat.kind, size: file.stat.size, modified: modified, changed: changed,
                inode: file.stat.inode, device: file.stat.device)
        }
    }

    /// From now on the file system keeps no executable bit, and so none is to be seen.
    package func loseModes() {
        state.withLock { state in
            state.keepsModes = false
            for (path, file) in state.files {
                let stat = file.stat
                Self.put(
                    path, file.content, file.mode, modified: stat.modified, changed: stat.changed,
                    inode: stat.inode, &state)
            }
        }
    }

    /// Deletes a file.
    /// - Parameter leavesDirectory: the directory stays, with nothing in it, as `rm` leaves it.
    package func delete(_ path: TreePath, leavesDirectory: Bool = false) {
        state.withLock { state in
            state.files[path] = nil
            if leavesDirectory, let parent = path.parent { state.directories.insert(parent) }
        }
    }

    /// Makes a directory, unless a file stands at its name or above.
    package func makeDirectory(byUser path: TreePath) {
        state.withLock { state in
            if !state.files.keys.contains(where: { path.isAtOrBelow($0) }) {
                state.directories.insert(path)
            }
        }
    }

    /// Removes a directory in which nothing stands.
    package func removeDirectory(byUser path: TreePath) {
        state.withLock { $0.removeDirectory(path) }
    }

    /// What stands in the folder, as git calls it: the files, and directories with nothing in them.
    package var versions: [TreePath: FileVersion] {
        state.withLock { state in
            var versions = state.files.mapValues(\.version)
            for path in state.directories where !state.isFilled(path) {
                versions[path] = .emptyDirectory
            }
            return versions
        }
    }

    /// Removes a directory with all that is in it.
    package func deleteDirectory(_ path: TreePath) {
        state.withLock { state in
            for file in state.files.keys where file.isAtOrBelow(path) { state.files[file] = nil }
            state.clear(path)
        }
    }

    /// Renames a file over whatever stands at the new name; the inode and the time stay.
    package func rename(_ old: TreePath, to new: TreePath) {
        let time = tick()
        state.withLock { state in
            guard let file = state.files[old] else { return }
            state.files[old] = nil
            for other in state.files.keys where other.isAtOrBelow(new) || new.isAtOrBelow(other) {
                state.files[other] = nil
            }
            state.clear(new)
            Self.put(
                new, file.content, file.mode, modified: file.stat.modified, changed: time,
                inode: file.stat.inode, &state)
        }
    }

    /// Puts files in the place of all that stands there, as who brings a backup back does: with
    /// their times of before, and as other files. What lay beside the folder is gone.
    package func restore(_ files: [TreePath: File]) {
        let time = tick()
        state.withLock { state in
            state.files = [:]
            state.directories = []
            state.staged = [:]
            state.displaced = [:]
            state.placed = [:]
            state.unflushed = []
            for (path, file) in files.sorted(by: { $0.key < $1.key }) {
                Self.put(
                    path, file.content, file.mode, modified: file.stat.modified, changed: time,
                    inode: nil, &state)
            }
        }
    }

    /// A kernel's file times move in ticks of four milliseconds, and hardly ever in whole seconds.
    func tick() -> Int64 {
        let now = clock.nanoseconds()
        return now - now % 4_000_000 - 1
    }

    static func put(
        _ path: TreePath, _ content: [UInt8], _ mode: FileMode, modified: Int64, changed: Int64,
        inode: UInt64?, _ state: inout State
    ) {
        var number = inode ?? 0
        if inode == nil {
            number = state.nextInode
            state.nextInode += 1
        }
        let mode = mode.isFile && !state.keepsModes ? .regular : mode
        let kind: FileKind =
            mode == .symbolicLink ? .symbolicLink : .file(executable: mode == .executable)
        let stat = FileStat(
            kind: kind, size: Int64(content.count), modified: modified, changed: changed,
            inode: number, device: 1)
        state.files[path] = File(content, mode, stat)
    }

    static let directoryStat = FileStat(
        kind: .directory, size: 0, modified: 0, changed: 0, inode: 0, device: 1)
}
