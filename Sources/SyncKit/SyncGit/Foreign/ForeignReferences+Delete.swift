internal import Glibc
internal import SyncModel

extension ForeignReferences {
    /// Deletes a reference under git's locks, durably: first where it is packed, so that a crash
    /// in between leaves it as it stood. Of a symbolic one what it leads to stays.
    /// - Throws: `.moved` when it does not stand at `expected`, `.locked`.
    func delete(_ name: String, expecting expected: ObjectID?) throws(RepositoryError) {
        guard try resolve(name).id == expected else {
            throw RepositoryError(.moved, "delete \(name)")
        }
        if expected == nil { return }
        let path = "\(directory)/\(name)"
        try makeParents(of: name)
        let lock = path + ".lock"
        let descriptor = try lockFile(lock)
        defer {
            if isHeld(descriptor, lock) { unlink(lock) }
            close(descriptor)
        }
        guard try resolve(name).id == expected else {
            throw RepositoryError(.moved, "delete \(name)")
        }
        if try !packed({ $0 == name }).isEmpty { try deletePacked(name) }
        try checkHeld(descriptor, lock)
        try FileSystem.remove(path)
        try FileSystem.sync(String(path[..<path.lastIndex(of: "/")!]))
    }

    /// Writes the packed references anew without one.
    private func deletePacked(_ name: String) throws(RepositoryError) {
        let path = "\(directory)/packed-refs"
        let lock = path + ".lock"
        let descriptor = try lockFile(lock)
        var isPlaced = false
        defer {
            if !isPlaced && isHeld(descriptor, lock) { unlink(lock) }
            close(descriptor)
        }
        let bytes = try ForeignFile.content(path, most: Limits.packedReferencesBytes) ?? []
        let rest = Self.without(Array(name.utf8), bytes)
        var written = 0
        while written < rest.count {
            let count = rest[written...].withUnsafeBytes {
                write(descriptor, $0.baseAddress, $0.count)
            }
            if count < 0 && errno == EINTR { continue }
            if count <= 0 { throw SystemFailure.last("write", lock) }
            written += count
        }
        if fsync(descriptor) != 0 { throw SystemFailure.last("write", lock) }
        try checkHeld(descriptor, lock)
        if rename(lock, path) != 0 { throw SystemFailure.last("move", path) }
        isPlaced = true
        try FileSystem.sync(directory)
    }

    /// The lines without those of one reference: its own, and what the tag that it names leads to.
    static func without(_ name: [UInt8], _ bytes: [UInt8]) -> [UInt8] {
        var rest: [UInt8] = []
        var isItsOwn = false
        for line in bytes.split(separator: 0x0a, omittingEmptySubsequences: true) {
            if line.first != 0x5e {
                isItsOwn = line.count > 41 && line.first != 0x23 && line.dropFirst(41) == name[...]
            }
            if !isItsOwn { rest += line + [0x0a] }
        }
        return rest
    }
}
