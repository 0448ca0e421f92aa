internal import CLinux
internal import Glibc
package import SyncModel
internal import Synchronization

/// Displaced files.
///
/// A displaced file is not looked at in the call that displaced it but in the next recheck: a
/// program that found its inode before the exchange and was stopped by the scheduler before it
/// counted as a writer gets that time to arrive. The lease then says whether anybody holds it.
///
/// Without leases (another's file, a file system that has none) nobody can tell whether a program
/// still has it open. Then a file that is unchanged stays until the program's next start, or
/// until `Limits.displacedFiles` newer ones stand behind it; a changed one is given back as often
/// as it changes. What was displaced is in the object store all the while; only what a program
/// writes later through a descriptor that old is at stake.
extension LocalFolder {
    /// Notes a displaced file, its path first where the name has no room for it.
    func add(_ entry: Displaced) throws(SystemError) {
        displaced.withLock { $0.files[entry.token] = entry }
        guard let name = entry.pathFileName else { return }
        let flags = O_WRONLY | O_CREAT | O_TRUNC
        let file = Descriptor(
            number: try openName(staging.descriptor, name, flags, mode: 0o600).get())
        let (number, bytes) = (file.number, entry.path.bytes)
        let count = try attempt { write(number, bytes, bytes.count) }.get()
        guard count == bytes.count else { throw SystemError(number: ENOSPC) }
        _ = try attempt { fsync(number) }.get()
    }

    /// Strikes a displaced file out; its own file is gone or back in its place.
    func drop(_ entry: Displaced, keepingToken: Bool = false) {
        _ = displaced.withLock { $0.files.removeValue(forKey: entry.token) }
        if let name = entry.pathFileName { unlinkat(staging.descriptor, name, 0) }
        if !keepingToken { staging.end(entry.token) }
    }

    /// Sees that one more file can be displaced.
    /// - Returns: false when too many wait and none of them can go.
    func makeRoom() throws(FolderError) -> Bool {
        let limit = Limits.displacedFiles
        let files = displaced.withLock { $0.files.count < limit ? nil : $0.inOrder }
        guard let files else { return true }
        var freed = 0
        for entry in files where freed < limit / 10 {
            if case .clean(let leased) = try look(at: entry) {
                try delete(entry, leased)
                freed += 1
            }
        }
        return freed > 0
    }

    /// The newest replacement of each path of which the exchange is known to have been made: what
    /// was displaced is not the replacement itself, which is all that stood there before.
    package func replacements() throws(FolderError) -> [TreePath: FileVersion] {
        try returnMovedAside()
        var result: [TreePath: FileVersion] = [:]
        for entry in displaced.withLock({ $0.inOrder }) where entry.cause == .exchanged {
            switch try look(at: entry) {
            case .clean(let leased):
                if !leased.snapshot.isVersion(entry.replacement) {
                    result[entry.path] = entry.replacement
                }
            case .edit: result[entry.path] = entry.replacement
            case .written: break
            case .kept: break
            case .gone: break
            case .directory: break
            }
        }
        return result
    }

    /// Hashes each displaced file under a lease: a version that apply knows is removed, another
    /// given back, oldest first and about `Limits.captureBytes` of content in one call.
    ///
    /// - Throws: `.tooManyOpenFiles`, or why an old version cannot go back to its place, which
    ///   would count as deleted; nothing is forgotten.
    package func recheckDisplaced() throws(FolderError) -> [DisplacedFile] {
        try returnMovedAside()
        var edits: [DisplacedFile] = []
        var inUse: Set<TreePath> = []
        defer { displaced.withLock { $0.inUse = inUse } }
        var bytes = 0
        // What does not fit waits for the next call.
        for entry in displaced.withLock({ $0.inOrder }) where bytes < Limits.captureBytes {
            switch try look(at: entry) {
            case .clean(let leased):
                if leased.isSealed || entry.isRecovered { try delete(entry, leased) }
            case .edit(let leased):
                bytes += leased.content.count
                edits.append(
                    DisplacedFile(
                        token: entry.token, path: entry.path, snapshot: leased.snapshot,
                        base: entry.base))
            case .written: inUse.insert(entry.path)
            case .kept: break
            case .gone: drop(entry)
            case .directory: try putBack(entry)
            }
        }
        return edits
    }

    /// Where the displaced files stood that a program had open for writing at the last recheck.
    package var displacedInUse: Set<TreePath> { displaced.withLock { $0.inUse } }

    /// Removes a displaced file if it still is what was captured; otherwise it is given again when
    /// it differs from that.
    package func forget(_ file: DisplacedFile) throws(FolderError) {
        guard let entry = displaced.withLock({ $0.files[file.token] }) else { return }
        let captured = file.snapshot.version(like: entry.base)
        switch try look(at: entry.rebased(on: captured), named: entry.name) {
        case .gone: return drop(entry)
        case .clean(let leased):
            if leased.isSealed, leased.snapshot.isVersion(captured) {
                return try delete(entry, leased)
            }
        case .edit: break
        case .written: break
        case .kept: break
        case .directory: break
        }
        try rebase(entry, on: captured)
    }

    /// From now on what was captured is what the file is expected to be.
    private func rebase(_ entry: Displaced, on captured: FileVersion) throws(FolderError) {
        let next = entry.rebased(on: captured)
        do throws(SystemError) { try rename(entry.name, to: next.name) } catch {
            throw error.folderError("forget", entry.path, writing: true)
        }
        displaced.withLock { $0.files[entry.token] = next }
    }

    /// What a look at a displaced file found.
    private enum Look: ~Copyable {
        /// A version apply knows.
        case clean(LeasedFile)
        /// Bytes that may be nowhere else.
        case edit(LeasedFile)
        /// Somebody writes to it.
        case written
        /// It cannot be read now.
        case kept
        case gone
        case directory
    }

    private func look(
        at entry: Displaced, named name: [CChar]? = nil
    ) throws(FolderError) -> Look {
        do throws(FolderError) {
            // The staging directory may be another subvolume's, never another mount's.
            let leased = try LeasedFile(
                staging.descriptor, name ?? entry.name, path: entry.path,
                abilities: abilities, below: root)
            return entry.isKnown(leased.snapshot) ? .clean(leased) : .edit(leased)
        } catch {
            switch error.code {
            case .notFound: return .gone
            case .special: return .directory
            case .tooManyOpenFiles: throw error
            case .busy: return error.cause == LeasedFile.young ? .kept : .written
            default: return .kept
            }
        }
    }

    private func delete(_ entry: Displaced, _ leased: borrowing LeasedFile) throws(FolderError) {
        let directory = staging.descriptor
        switch attempt({ unlinkat(directory, entry.name, 0) }) {
        case .success: drop(entry)
        case .failure(let error) where error.code(writing: true) == .tooManyOpenFiles:
            throw error.folderError("remove the displaced", entry.path, writing: true)
        // Somebody made it immutable, or the file system is read-only by now: it stays, and holds
        // nobody else up.
        case .failure: return
        }
    }

    /// Puts a directory back that was moved in the very moment it took a file's name.
    private func putBack(_ entry: Displaced) throws(FolderError) {
        do throws(SystemError) {
            let place = try Place(entry.path, below: root)
            if case .success = moveIn(entry.name, place) { return drop(entry) }
            try swap(entry, place)
        } catch {
            let failure = error.folderError("put back", entry.path, writing: true)
            // What concerns this path alone is tried again by the next recheck.
            if failure.code.reason == nil, failure.code != .notFound { throw failure }
        }
    }

    /// Puts old versions back whose replacement did not follow, where an install failed on both
    /// ways.
    private func returnMovedAside() throws(FolderError) {
        for entry in displaced.withLock({ $0.inOrder }) where entry.cause == .movedAside {
            do throws(SystemError) {
                guard case .failure(let error) = try goBack(entry) else { continue }
                // Somebody took the file: the look at it tells what becomes of it.
                if error.number == ENOENT { continue }
                guard error.number == EEXIST else { throw error }
                // Somebody took the place: what they delete there later stays deleted.
                var next = entry
                next.cause = .removed
                try rename(entry.name, to: next.name)
                displaced.withLock { $0.files[entry.token] = next }
            } catch { throw error.folderError("put back", entry.path, writing: true) }
        }
    }

    /// Puts an old version whose replacement did not follow back to its place, if that is still
    /// free and its directory there. Otherwise it stays displaced.
    private func goBack(_ entry: Displaced) throws(SystemError) -> Result<Int32, SystemError> {
        do throws(SystemError) {
            let result = moveIn(entry.name, try Place(entry.path, below: root))
            if case .success = result { drop(entry) }
            return result
        } catch {
            guard [ENOENT, ENOTDIR, ELOOP].contains(error.number) else { throw error }
            return .failure(SystemError(number: ENOENT))
        }
    }

    // MARK: After a crash

    /// Reads the staging directory as an earlier run left it.
    func recoverStaging() throws(FolderError) {
        do throws(SystemError) {
            try staging.takeOverInside()
            let directory = staging.descriptor
            var pathFiles: [[CChar]] = []
            for name in try staging.names() {
                if name.starts(with: cName("s-".utf8).dropLast()) {
                    unlinkat(directory, name, 0)
                } else if name.starts(with: cName("p-".utf8).dropLast()) {
                    pathFiles.append(name)
                } else if let entry = Displaced(
                    parsing: name, nameBytes: staging.nameBytes,
                    longPath: { Self.readPath(directory, $0) })
                {
                    try adopt(entry)
                }
            }
            let used = displaced.withLock { Set($0.files.keys.map(Displaced.pathFileName)) }
            for name in pathFiles where !used.contains(name) { unlinkat(directory, name, 0) }
            staging.removeIfIdle()
        } catch {
            throw error.folderError("look through the staging directory", nil, writing: true)
        }
    }

    private func adopt(_ found: Displaced) throws(SystemError) {
        var entry = found
        entry.isRecovered = true
        staging.adopt(entry.token)
        displaced.withLock { $0.files[entry.token] = entry }
        if entry.cause == .movedAside { _ = try goBack(entry) }
    }

    private static func readPath(_ directory: Int32, _ name: [CChar]) -> [UInt8]? {
        guard case .success(let number) = openName(directory, name, O_RDONLY) else { return nil }
        let file = Descriptor(number: number)
        var bytes = [UInt8](repeating: 0, count: Limits.pathDepth * 256)
        let descriptor = file.number
        let count = attempt {
            bytes.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
        }
        guard case .success(let got) = count else { return nil }
        return Array(bytes.prefix(got))
    }
}
