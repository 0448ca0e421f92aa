internal import CLinux
internal import Glibc
package import SyncModel
internal import Synchronization

extension LocalFolder {
    /// Puts a staged file in its place, by `RENAME_NOREPLACE` where nothing is expected, else by
    /// lease, comparison and `RENAME_EXCHANGE`.
    ///
    /// - Throws: `.notFound` when the staged file is gone, and as the file system says; whatever
    ///   the failure, the path holds the old version or the new one, whole.
    package func install(
        _ staged: StagedFile, at path: TreePath, replacing expected: FileVersion?
    ) throws(FolderError) -> ApplyOutcome {
        let stagedStat: FileStat
        let place: Place
        do throws(SystemError) {
            stagedStat = FileStat(
                try statName(staging.descriptor, Staging.stagedName(staged.token)).get(),
                modes: abilities.modes)
        } catch {
            throw error.folderError("find the staged file for", path, writing: true)
        }
        do throws(SystemError) {
            place = expected == nil ? try makePlace(path) : try Place(path, below: root)
        } catch {
            switch error.number {
            case ENOTDIR, ELOOP: return .obstructed
            case ENOENT: return expected == nil ? .busy : .differs
            default: throw error.folderError("install", path, writing: true)
            }
        }
        let outcome =
            if let expected {
                try replace(expected, with: staged, place, path)
            } else {
                try installNew(staged, place, path)
            }
        guard case .done = outcome else { return outcome }
        return .done(stat(after: stagedStat, place))
    }

    /// What stands at the path now, if nobody changed it since; else the staged file's own stat,
    /// which differs from everything on disk, so that the change is seen.
    private func stat(after staged: FileStat, _ place: borrowing Place) -> FileStat {
        guard case .success(let now) = statName(place.directory.number, place.name) else {
            return staged
        }
        let stat = FileStat(now, modes: abilities.modes)
        let isUntouched =
            stat.isSameInode(staged) && stat.size == staged.size
            && stat.modified == staged.modified
        return isUntouched ? stat : staged
    }

    // MARK: Where nothing stands

    func makePlace(_ path: TreePath) throws(SystemError) -> Place {
        do throws(SystemError) { return try Place(path, below: root) } catch {
            guard error.number == ENOENT else { throw error }
        }
        for ancestor in path.ancestors.reversed() {
            let place = try Place(ancestor, below: root)
            let directory = place.directory.number
            switch attempt({ mkdirat(directory, place.name, 0o777) }) {
            case .success: _ = unflushedParents.withLock { $0.insert(ancestor.parent) }
            case .failure(let error): if error.number != EEXIST { throw error }
            }
        }
        return try Place(path, below: root)
    }

    private func installNew(
        _ staged: StagedFile, _ place: borrowing Place, _ path: TreePath
    ) throws(FolderError) -> ApplyOutcome {
        if Database.isInUse(place, holdsOne: staged.isDatabase) { return .inUse }
        if resembling.withLock({ $0.remove(staged.token) }) == nil {
            Attributes.inherit(
                from: place.directory.number, in: staging.descriptor,
                Staging.stagedName(staged.token), as: staged.version.mode)
        }
        for _ in 0..<Limits.pathTries {
            switch moveIn(Staging.stagedName(staged.token), place) {
            case .success:
                staging.end(staged.token)
                return .done(nil)
            case .failure(let error) where error.number == EEXIST:
                if let outcome = try clearWay(place, path) { return outcome }
            case .failure(let error) where error.number == ENOENT:
                // The directory went away under us; the next try makes it again.
                return .busy
            case .failure(let error): throw error.folderError("install", path, writing: true)
            }
        }
        return .busy
    }

    /// Renames a staging file to a name that must be free.
    func moveIn(_ name: [CChar], _ place: borrowing Place) -> Result<Int32, SystemError> {
        let (from, to) = (staging.descriptor, place.directory.number)
        let target = place.name
        if abilities.exchange {
            let result = attempt {
                syncd_renameat2(from, name, to, target, SYNCD_RENAME_NOREPLACE)
            }
            guard case .failure(let error) = result, error.isUnsupported else { return result }
        }
        // A link never replaces either; a crash between the two calls leaves two names of one
        // complete file.
        return attempt { linkat(from, name, to, target, 0) }.flatMap { _ in
            attempt { unlinkat(from, name, 0) }
        }
    }

    /// Takes a directory out of the way in which no file is.
    /// - Returns: nil when the name may be free now.
    private func clearWay(
        _ place: borrowing Place, _ path: TreePath
    ) throws(FolderError) -> ApplyOutcome? {
        switch statName(place.directory.number, place.name) {
        case .failure(let error):
            if error.number == ENOENT { return nil }
            throw error.folderError("install", path, writing: true)
        case .success(let stat):
            guard stat.st_mode & S_IFMT == S_IFDIR else { return .differs }
        }
        do throws(SystemError) {
            return try removeEmptyTree(path) ? nil : .obstructed
        } catch {
            throw error.folderError("install", path, writing: true)
        }
    }

    // MARK: Where the expected version stands

    private func replace(
        _ expected: FileVersion, with staged: StagedFile, _ place: borrowing Place,
        _ path: TreePath
    ) throws(FolderError) -> ApplyOutcome {
        let leased: LeasedFile
        do throws(FolderError) { leased = try lease(place, path) } catch {
            return try outcome(error, path)
        }
        let wasDatabase = leased.isDatabase
        if Database.isInUse(place, holdsOne: wasDatabase || staged.isDatabase) { return .inUse }
        guard leased.snapshot.isVersion(expected) else { return .differs }
        guard try makeRoom() else { return .busy }
        do throws(SystemError) {
            try takeOver(leased, staged)
            if abilities.exchange {
                do throws(SystemError) {
                    return try exchange(leased, expected, with: staged, place, path)
                } catch {
                    guard error.isUnsupported else { throw error }
                }
            }
            return try moveAsideAndIn(leased, expected, with: staged, place, path)
        } catch {
            throw error.folderError("install", path, writing: true)
        }
    }

    /// What a failed look at the path means for apply.
    func outcome(_ error: FolderError, _ path: TreePath) throws(FolderError) -> ApplyOutcome {
        switch error.code {
        case .busy: return .busy
        case .notFound, .tooLarge: return .differs
        case .special:
            // A directory without files counts for nothing in git: the file is missing.
            do throws(SystemError) { return try hasFiles(path) ? .obstructed : .differs } catch {
                throw error.folderError("look at what stands in the way", path)
            }
        default: throw error
        }
    }

    /// Keeps what the user set: a file that was private stays private, and its group's. Git keeps
    /// nothing but the executable bit.
    private func takeOver(
        _ leased: borrowing LeasedFile, _ staged: StagedFile
    ) throws(SystemError) {
        let (directory, name) = (staging.descriptor, Staging.stagedName(staged.token))
        Attributes.keepOwner(of: leased.descriptor.number, on: directory, name)
        guard leased.isFile, staged.version.mode.isFile else { return }
        Attributes.copy(from: leased.descriptor.number, to: directory, name)
        // Last: another owner or list of rights changes these bits.
        let wanted = Self.permissions(leased.permissions, as: staged.version.mode)
        let now = try statName(directory, name).get().st_mode & 0o7777
        if now == wanted { return }
        let made = attempt { fchmodat(directory, name, wanted, 0) }
        if abilities.modes { _ = try made.get() }
    }

    /// Copies owner, rights and attributes of the file that stands at a path now.
    package func keepAttributes(of old: TreePath, on staged: StagedFile) {
        let (directory, name) = (staging.descriptor, Staging.stagedName(staged.token))
        do throws(SystemError) {
            let place = try Place(old, below: root)
            let flags = O_RDONLY | O_NONBLOCK
            let number = try root.open(place.directory.number, place.name, flags)
            let file = Descriptor(number: number)
            let stat = try statName(file.number, [0]).get()
            guard stat.st_mode & S_IFMT == S_IFREG, staged.version.mode.isFile else { return }
            Attributes.keepOwner(of: file.number, on: directory, name)
            Attributes.copy(from: file.number, to: directory, name)
            let wanted = Self.permissions(stat.st_mode & 0o7777, as: staged.version.mode)
            _ = try attempt { fchmodat(directory, name, wanted, 0) }.get()
            _ = resembling.withLock { $0.insert(staged.token) }
        } catch {
            // The file is gone or cannot be opened: the new one is as any other.
        }
    }

    /// Adds or takes the executable bits, for those who may read. Of a file that is as executable
    /// as it is to be they stay as the user set them.
    static func permissions(_ permissions: UInt32, as mode: FileMode) -> UInt32 {
        if (permissions & 0o100 != 0) == (mode == .executable) { return permissions & 0o777 }
        let plain = permissions & 0o666
        return mode == .executable ? plain | (plain & 0o444) >> 2 | 0o100 : plain
    }

    private func exchange(
        _ leased: borrowing LeasedFile, _ base: FileVersion, with staged: StagedFile,
        _ place: borrowing Place, _ path: TreePath
    ) throws(SystemError) -> ApplyOutcome {
        let entry = Displaced(
            token: staged.token, path: path, base: base, replacement: staged.version,
            cause: .exchanged, nameBytes: staging.nameBytes)
        let (directory, name) = (staging.descriptor, Staging.stagedName(staged.token))
        let new = FileStat(try statName(directory, name).get())
        try add(entry)
        do throws(SystemError) {
            try rename(name, to: entry.name)
            try swap(entry, place)
        } catch {
            // Nothing left its place: the staged file gets its own name back.
            syncd_renameat2(directory, entry.name, directory, name, 0)
            drop(entry, keepingToken: true)
            if error.number == ENOENT { return .differs }
            throw error
        }
        let moved = FileStat(try statName(directory, entry.name).get())
        guard moved.isSameInode(leased.stat) || moved.kind.mode != nil else {
            // A directory or special file took the name meanwhile: it goes back.
            try swap(entry, place)
            return .obstructed
        }
        let wasDatabase = leased.isDatabase
        if Database.isInUse(place, holdsOne: wasDatabase || staged.isDatabase) {
            return try takeBack(entry, new, place, name)
        }
        // If it is another file, somebody renamed it over the path since we looked: the recheck
        // finds a version it does not know and gives it back as a local edit.
        return .done(nil)
    }

    /// A program opened the database in the very moment: what it has open is its database still.
    private func takeBack(
        _ entry: Displaced, _ new: FileStat, _ place: borrowing Place, _ name: [CChar]
    ) throws(SystemError) -> ApplyOutcome {
        try swap(entry, place)
        let back = FileStat(try statName(staging.descriptor, entry.name).get())
        // What somebody wrote into the new version meanwhile is rechecked as an edit.
        guard back.isSameInode(new), back.size == new.size, back.modified == new.modified else {
            return .inUse
        }
        try rename(entry.name, to: name)
        drop(entry, keepingToken: true)
        return .inUse
    }

    /// Exchanges a displaced file's staging name with what stands at the path.
    func swap(_ entry: Displaced, _ place: borrowing Place) throws(SystemError) {
        let (from, to, target) = (staging.descriptor, place.directory.number, place.name)
        _ = try attempt {
            syncd_renameat2(from, entry.name, to, target, SYNCD_RENAME_EXCHANGE)
        }.get()
    }

    /// Renames within the staging directory.
    func rename(_ from: [CChar], to: [CChar]) throws(SystemError) {
        let directory = staging.descriptor
        _ = try attempt { syncd_renameat2(directory, from, directory, to, 0) }.get()
    }

    /// The way of file systems that cannot exchange. For a moment nothing stands at the path; a
    /// crash in that moment is mended by the next start, which puts the old version back.
    private func moveAsideAndIn(
        _ leased: borrowing LeasedFile, _ base: FileVersion, with staged: StagedFile,
        _ place: borrowing Place, _ path: TreePath
    ) throws(SystemError) -> ApplyOutcome {
        let token = try staging.begin()
        var entry = Displaced(
            token: token, path: path, base: base, replacement: staged.version,
            cause: .movedAside, nameBytes: staging.nameBytes)
        switch try moveAside(entry, leased.stat, place) {
        case .moved: break
        case .absent, .putBack: return .differs
        }
        switch moveIn(Staging.stagedName(staged.token), place) {
        case .success: staging.end(staged.token)
        case .failure(let error):
            if error.number == EEXIST { return .differs }
            if case .success = moveIn(entry.name, place) { drop(entry) }
            throw error
        }
        let name = entry.name
        entry.cause = .exchanged
        try rename(name, to: entry.name)
        displaced.withLock { $0.files[token] = entry }
        return .done(nil)
    }
}

extension SystemError {
    /// Whether the file system does not know a flag of `renameat2`.
    var isUnsupported: Bool { [EINVAL, ENOSYS, EOPNOTSUPP].contains(number) }
}
