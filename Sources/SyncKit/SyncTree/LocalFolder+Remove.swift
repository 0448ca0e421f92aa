internal import CLinux
internal import Glibc
package import SyncModel
internal import Synchronization

extension LocalFolder {
    /// Moves a file aside when it is the expected version; done too where nothing stands.
    package func remove(
        _ path: TreePath, expecting expected: FileVersion
    ) throws(FolderError) -> ApplyOutcome {
        let place: Place
        do throws(SystemError) { place = try Place(path, below: root) } catch {
            if [ENOENT, ENOTDIR, ELOOP].contains(error.number) { return .done(nil) }
            throw error.folderError("remove", path, writing: true)
        }
        let leased: LeasedFile
        do throws(FolderError) { leased = try lease(place, path) } catch {
            if error.code == .notFound { return .done(nil) }
            return try outcome(error, path)
        }
        if Database.isInUse(place, holdsOne: leased.isDatabase) { return .inUse }
        guard leased.snapshot.isVersion(expected) else { return .differs }
        guard try makeRoom() else { return .busy }
        do throws(SystemError) {
            let entry = Displaced(
                token: try staging.begin(), path: path, base: expected, replacement: nil,
                cause: .removed, nameBytes: staging.nameBytes)
            switch try moveAside(entry, leased.stat, place) {
            case .moved, .absent: return .done(nil)
            case .putBack: return .differs
            }
        } catch {
            throw error.folderError("remove", path, writing: true)
        }
    }

    /// How moving something out of the folder ended.
    enum Aside { case moved, absent, putBack }

    /// Moves what stands at a place to the staging directory and checks that it is what was read.
    /// If it is something else it goes back; if its place was taken meanwhile it stays displaced
    /// and is rechecked as a local edit.
    func moveAside(
        _ entry: Displaced, _ expected: FileStat, _ place: borrowing Place
    ) throws(SystemError) -> Aside {
        let (to, from, name) = (staging.descriptor, place.directory.number, place.name)
        do throws(SystemError) {
            try add(entry)
            // The entry's name is new: nothing can be replaced.
            _ = try attempt { syncd_renameat2(from, name, to, entry.name, 0) }.get()
        } catch {
            drop(entry)
            if error.number == ENOENT { return .absent }
            throw error
        }
        let moved = FileStat(try statName(to, entry.name).get())
        if moved.isSameInode(expected) { return .moved }
        if case .success = moveIn(entry.name, place) { drop(entry) }
        return .putBack
    }

    /// Changes the permission bits through the leased descriptor, so of the compared file only,
    /// and makes them durable: no flush of a directory does, and the old bits after a power cut
    /// would be an edit.
    package func setMode(
        _ path: TreePath, from expected: FileVersion, to mode: FileMode
    ) throws(FolderError) -> ApplyOutcome {
        guard mode.isFile, expected.mode.isFile else {
            throw FolderError(.special, "set the mode of", path, "only files have one")
        }
        let place: Place
        do throws(SystemError) { place = try Place(path, below: root) } catch {
            if [ENOENT, ENOTDIR, ELOOP].contains(error.number) { return .differs }
            throw error.folderError("set the mode of", path, writing: true)
        }
        let leased: LeasedFile
        do throws(FolderError) { leased = try lease(place, path) } catch {
            return try outcome(error, path)
        }
        guard leased.snapshot.isVersion(expected) else { return .differs }
        do throws(SystemError) {
            let number = leased.descriptor.number
            let permissions = Self.permissions(leased.permissions, as: mode)
            let made = attempt { fchmod(number, permissions) }.flatMap { _ in
                attempt { fsync(number) }
            }
            // Where nobody believes the bit it may be kept all the same, as where it could not be
            // tried; that it cannot be set is no failure there.
            if abilities.modes { _ = try made.get() }
            let now = FileStat(
                try statName(place.directory.number, place.name).get(), modes: abilities.modes)
            // Somebody renamed another file over the path: ours is gone, theirs is untouched.
            return now.isSameInode(leased.stat) ? .done(now) : .differs
        } catch {
            throw error.folderError("set the mode of", path, writing: true)
        }
    }

    /// Makes a directory as the user's own programs would, rights and group by what is above it.
    package func makeDirectory(_ path: TreePath) throws(FolderError) -> ApplyOutcome {
        do throws(SystemError) {
            let place = try makePlace(path)
            let (directory, name) = (place.directory.number, place.name)
            switch attempt({ mkdirat(directory, name, 0o777) }) {
            case .success: _ = unflushedParents.withLock { $0.insert(path.parent) }
            case .failure(let error): if error.number != EEXIST { throw error }
            }
            let stat = FileStat(try statName(directory, name).get())
            return stat.kind == .directory ? .done(stat) : .differs
        } catch {
            switch error.number {
            case ENOTDIR, ELOOP: return .obstructed
            case ENOENT: return .busy
            default: throw error.folderError("make the directory", path, writing: true)
            }
        }
    }

    /// Removes a directory unless something is in it; a missing one is no failure.
    package func removeDirectoryIfEmpty(_ path: TreePath) throws(FolderError) {
        do throws(SystemError) {
            let place = try Place(path, below: root)
            let (directory, name) = (place.directory.number, place.name)
            _ = try attempt { unlinkat(directory, name, AT_REMOVEDIR) }.get()
        } catch {
            switch error.number {
            case ENOTEMPTY, EEXIST, ENOENT, ENOTDIR, ELOOP, EBUSY, EXDEV: return
            default: throw error.folderError("remove", path, writing: true)
            }
        }
    }
}
