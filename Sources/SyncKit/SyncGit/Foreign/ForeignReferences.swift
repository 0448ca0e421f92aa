internal import Glibc
internal import SyncModel

/// The references of a repository that others write too. Source: gitrepository-layout(5).
struct ForeignReferences {
    /// The repository's directory.
    let directory: String
    /// A lock file older than this is taken for left behind by a crash.
    let staleLockSeconds: Int
    /// What other users need of a file that is made; nil where nobody shares the repository.
    var shared: SharedMode?

    /// A reference as it stands, loose or packed.
    private enum Value: Equatable {
        case object(ObjectID)
        case symbolic(String)
    }

    /// What a reference leads to, symbolic ones followed; nil when it does not exist.
    /// - Throws: `.corrupt` for one that leads nowhere, as to itself, or is no regular file.
    func resolve(_ name: String) throws(RepositoryError) -> (name: String, id: ObjectID?) {
        var name = name
        for _ in 0..<Limits.symbolicSteps {
            guard Self.isProper(name) else { throw refuse(name, "its name is none") }
            switch try value(name) {
            case nil: return (name, nil)
            case .object(let id)?: return (name, id)
            case .symbolic(let next)?: name = next
            }
        }
        throw refuse(name, "it is a symbolic reference without end")
    }

    /// What `HEAD` names; nil when it names a commit.
    func headTarget() throws(RepositoryError) -> String? {
        guard let value = try loose("HEAD") else {
            throw RepositoryError(.notARepository, "open \(directory)", "it has no HEAD")
        }
        return if case .symbolic(let name) = value { name } else { nil }
    }

    /// The references below a prefix that ends with a slash, in the order of their names; one that
    /// is broken is left out. The packed ones are read once, however many there are.
    func all(_ prefix: String) throws(RepositoryError) -> [(name: String, id: ObjectID)] {
        // The loose ones first: who packs them writes there before they are taken away here.
        var found: [String: ObjectID] = [:]
        var broken: Set<String> = []
        for name in try looseNames(prefix) {
            do throws(RepositoryError) {
                switch try loose(name) {
                case nil: continue
                case .object(let id)?: found[name] = id
                case .symbolic?:
                    if let id = try resolve(name).id {
                        found[name] = id
                    } else {
                        broken.insert(name)
                    }
                }
            } catch  where error.code == .corrupt { broken.insert(name) }
        }
        for (name, id) in try packed(below: prefix)
        where found[name] == nil && !broken.contains(name) { found[name] = id }
        return found.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// The names of references below a prefix that ends with a slash.
    func names(_ prefix: String) throws(RepositoryError) -> [String] {
        let loose = try looseNames(prefix)
        return try loose.union(packed(below: prefix).keys).sorted()
    }

    private func packed(below prefix: String) throws(RepositoryError) -> [String: ObjectID] {
        try packed { $0.hasPrefix(prefix) && Self.isProper($0) }
    }

    private func looseNames(_ prefix: String) throws(RepositoryError) -> Set<String> {
        var names: Set<String> = []
        var pending = [String(prefix.dropLast())]
        while let place = pending.popLast() {
            for entry in try ForeignFile.names("\(directory)/\(place)") {
                let name = "\(place)/\(entry)"
                guard Self.isProper(name), names.count < Limits.devices else { continue }
                if FileSystem.isDirectory("\(directory)/\(name)") {
                    if name.utf8.count < Limits.referenceBytes { pending.append(name) }
                } else {
                    names.insert(name)
                }
            }
        }
        return names
    }

    /// Moves or makes a reference under git's lock on it, durably.
    /// - Throws: `.moved` when it does not stand at `expected`, `.locked`.
    func set(_ name: String, to id: ObjectID, expecting expected: ObjectID?)
        throws(RepositoryError)
    {
        let name = try resolve(name).name
        let path = "\(directory)/\(name)"
        try makeParents(of: name)
        let lock = path + ".lock"
        let descriptor = try lockFile(lock)
        var isPlaced = false
        defer {
            if !isPlaced && isHeld(descriptor, lock) { unlink(lock) }
            close(descriptor)
        }
        guard try resolve(name).id == expected else {
            throw RepositoryError(.moved, "move \(name)")
        }
        let below = try packed { $0.hasPrefix(name + "/") }
        if let other = below.keys.first { throw clash(name, other) }
        let line = Array("\(id.hex)\n".utf8)
        guard write(descriptor, line, line.count) == line.count, fsync(descriptor) == 0 else {
            throw SystemFailure.last("write", lock)
        }
        try checkHeld(descriptor, lock)
        // Directories of references that are gone may stand there, empty.
        rmdir(path)
        if rename(lock, path) != 0 {
            if [EISDIR, ENOTEMPTY, EEXIST].contains(errno) { throw clash(name, "\(name)/…") }
            throw SystemFailure.last("move", path)
        }
        isPlaced = true
        try FileSystem.sync(String(path[..<path.lastIndex(of: "/")!]))
    }

    private func clash(_ name: String, _ other: String) -> RepositoryError {
        RepositoryError(
            .io, "move \(name)", "the reference \(other) is there, and git has no two of such names"
        )
    }

    func makeParents(of name: String) throws(RepositoryError) {
        var path = directory
        for part in name.split(separator: "/").dropLast() {
            path += "/\(part)"
            if mkdir(path, 0o777) == 0 {
                try shared?.adjust(directory: path)
            } else if errno != EEXIST {
                throw SystemFailure.last("make", path)
            }
            if !FileSystem.isDirectory(path) {
                throw clash(name, String(path.dropFirst(directory.count + 1)))
            }
        }
    }

    func lockFile(_ path: String) throws(RepositoryError) -> Int32 {
        for isAgain in [false, true] {
            let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
            if descriptor >= 0 {
                do throws(RepositoryError) { try shared?.adjust(descriptor, at: path) } catch {
                    close(descriptor)
                    unlink(path)
                    throw error
                }
                return descriptor
            }
            guard errno == EEXIST else { throw SystemFailure.last("lock", path) }
            guard !isAgain, let age = age(of: path), age >= staleLockSeconds else { break }
            try FileSystem.remove(path)
        }
        throw RepositoryError(.locked, "lock \(path.dropLast(5))")
    }

    /// Checks that a lock is still the file that was made for it: another device may have taken it
    /// for one that a crash left, and what has its name is that device's then.
    /// - Throws: `.locked`.
    func checkHeld(_ descriptor: Int32, _ lock: String) throws(RepositoryError) {
        guard isHeld(descriptor, lock) else {
            throw RepositoryError(.locked, "lock \(lock.dropLast(5))")
        }
    }

    /// The same, as an answer: only one's own lock is taken away.
    func isHeld(_ descriptor: Int32, _ lock: String) -> Bool {
        var (own, there) = (stat(), stat())
        return fstat(descriptor, &own) == 0 && lstat(lock, &there) == 0
            && own.st_ino == there.st_ino && own.st_dev == there.st_dev
    }

    /// How old a file is, in seconds, by the clock of the file system: a server may have its own.
    private func age(of path: String) -> Int? {
        var template = Array("\(directory)/objects/tmp_clock_XXXXXX".utf8CString)
        let file = mkstemp(&template)
        if file < 0 { return FileSystem.ageInSeconds(path) }
        defer {
            close(file)
            unlink(template)
        }
        var (now, then) = (stat(), stat())
        guard fstat(file, &now) == 0, lstat(path, &then) == 0 else { return nil }
        return now.st_mtim.tv_sec - then.st_mtim.tv_sec
    }

    private func value(_ name: String) throws(RepositoryError) -> Value? {
        if let value = try loose(name) { return value }
        return try packed { $0 == name }[name].map(Value.object)
    }

    private func loose(_ name: String) throws(RepositoryError) -> Value? {
        let path = "\(directory)/\(name)"
        guard let bytes = try ForeignFile.content(path, most: Limits.referenceBytes) else {
            return nil
        }
        let text = String(decoding: bytes, as: UTF8.self)
        if text.hasPrefix("ref:") {
            let rest = text.dropFirst(4).drop { $0 == " " || $0 == "\t" }
            return .symbolic(String(rest.prefix { !$0.isNewline }))
        }
        guard let id = ObjectID(hex: text.prefix(40)),
            text.dropFirst(40).allSatisfy({ $0.isWhitespace })
        else { throw refuse(name, "it is no reference") }
        return .object(id)
    }

    /// Those of the packed references whose names are wanted.
    func packed(_ wanted: (String) -> Bool) throws(RepositoryError) -> [String: ObjectID] {
        let path = "\(directory)/packed-refs"
        let bytes = try ForeignFile.content(path, most: Limits.packedReferencesBytes) ?? []
        var found: [String: ObjectID] = [:]
        for line in bytes.split(separator: 0x0a) where line.count > 41 {
            // A comment, or what the tag before it leads to.
            if line.first == 0x23 || line.first == 0x5e { continue }
            let name = String(decoding: line.dropFirst(41), as: UTF8.self)
            if found.count >= Limits.devices { break }
            guard wanted(name) else { continue }
            guard let id = ObjectID(hex: String(decoding: line.prefix(40), as: UTF8.self)) else {
                throw refuse("packed-refs", "a line of it is no reference")
            }
            found[name] = id
        }
        return found
    }

    func refuse(_ name: String, _ cause: String) -> RepositoryError {
        RepositoryError(.corrupt, "read \(directory)/\(name)", cause)
    }

    /// Whether a name leads to a file below `refs`, and nowhere else.
    static func isProper(_ name: String) -> Bool {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count > 1 && parts[0] == "refs" && name.utf8.count <= Limits.referenceBytes
            && name.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7f }
            && parts.allSatisfy {
                // A name that no file can have is none: its lock has five bytes more.
                !$0.isEmpty && !$0.hasPrefix(".") && !$0.hasSuffix(".lock")
                    && $0.utf8.count + 5 <= Limits.nameBytes
            }
    }
}
