internal import SyncModel

/// Writes a pack, entry by entry, without deltas. Source: `Documentation/gitformat-pack`.
///
/// The number of objects stands in the pack's first bytes and is known last, so a pack that went
/// to disk is read once more, from the page cache, to be hashed; a small one stays in memory
/// until it is whole.
final class PackWriter: PackSink {
    private let repository: any PackPlace
    private let deflater: Deflater
    private var known: Set<ObjectID> = []
    /// What was not written since it is here.
    private var reliedUpon: Set<ObjectID> = []
    private var index = PackIndex()
    private var buffer: [UInt8] = []
    private var spilled = 0
    private var file: TemporaryFile?
    private var failure: RepositoryError?

    /// Starts a pack for this repository; makes no file yet.
    init(into repository: any PackPlace) throws(RepositoryError) {
        self.repository = repository
        deflater = try Deflater()
    }

    func add(_ kind: ObjectKind, _ content: [UInt8]) throws(RepositoryError) -> ObjectID {
        let id = ObjectID(hashing: content, as: kind)
        if known.contains(id) { return id }
        if repository.hasNow(id) {
            reliedUpon.insert(id)
            return id
        }
        try append(id, deflater.entry(kind, content))
        return id
    }

    func addAgain(_ kind: ObjectKind, _ content: [UInt8]) throws(RepositoryError) -> ObjectID {
        let id = ObjectID(hashing: content, as: kind)
        if !known.contains(id) { try append(id, deflater.entry(kind, content)) }
        return id
    }

    func addBlobs<Outcome: Sendable>(
        _ count: Int, _ read: @Sendable (Int) -> (content: [UInt8]?, outcome: Outcome)
    ) throws(RepositoryError) -> [(id: ObjectID?, outcome: Outcome)] {
        // Most captures have one: a handle of the stage's own would open every pack's index anew.
        guard count > 1, let objects = repository.libraryObjects else {
            return try addInTurn(count, read)
        }
        var results: [(id: ObjectID?, outcome: Outcome)] = []
        results.reserveCapacity(count)
        let stage = try BlobStage(objects, known: known)
        try stage.run(count, read) { (blob) throws(RepositoryError) in
            if let id = blob.id {
                if let entry = blob.entry { try append(id, entry) } else { reliedUpon.insert(id) }
            }
            results.append((blob.id, blob.outcome))
        }
        return results
    }

    func finish() throws(RepositoryError) { _ = try finishNamed() }

    /// Finishes the pack.
    /// - Returns: the hash it is called by; nil when nothing was added.
    func finishNamed() throws(RepositoryError) -> ObjectID? {
        if let failure { throw failure }
        if !reliedUpon.isEmpty {
            let went = repository.went(of: reliedUpon.subtracting(known))
            reliedUpon = []
            if let went {
                throw fail(
                    RepositoryError(
                        .missing, "write a pack", object: went, "somebody took it away meanwhile"))
            }
        }
        if index.rows.isEmpty { return nil }
        do throws(RepositoryError) { return try write() } catch { throw fail(error) }
    }

    /// Writes the pack to its end and puts it in place.
    private func write() throws(RepositoryError) -> ObjectID {
        let start = Self.header(index.rows.count)
        let pack: TemporaryFile
        let name: ObjectID
        if let file {
            pack = file
            try spill()
            try pack.overwrite(at: 0, start)
            name = try pack.hash().value
            try pack.write(name.bytes)
        } else {
            pack = try TemporaryFile(in: repository.packDirectory)
            buffer.replaceSubrange(..<start.count, with: start)
            var hash = StreamingSHA1()
            hash.update(buffer)
            name = hash.value
            try pack.write(buffer + name.bytes)
        }
        try publish(pack, name)
        return name
    }

    /// What was written is of no use to anybody after a failure; nor is what else comes.
    private func fail(_ error: RepositoryError) -> RepositoryError {
        failure = error
        file = nil
        buffer = []
        return error
    }

    /// Puts pack and index in place, the index last: a pack without one is not there to git.
    private func publish(_ pack: TemporaryFile, _ name: ObjectID) throws(RepositoryError) {
        let indexFile = try TemporaryFile(in: repository.packDirectory)
        try indexFile.write(index.serialized(of: name))
        try TemporaryFile.seal([pack, indexFile])
        try pack.keep(as: "pack-\(name.hex).pack")
        try indexFile.keep(as: "pack-\(name.hex).idx")
        repository.noteIndex("pack-\(name.hex).idx")
        try FileSystem.sync(repository.packDirectory)
        (index, buffer, spilled, file) = (PackIndex(), [], 0, nil)
        known = []
    }

    private func append(_ id: ObjectID, _ entry: PackEntry) throws(RepositoryError) {
        if let failure { throw failure }
        guard known.insert(id).inserted else { return }
        if buffer.isEmpty && spilled == 0 { buffer = Self.header(0) }
        index.append(
            PackIndex.Row(id: id, offset: spilled + buffer.count, crc: entry.crc))
        buffer.append(contentsOf: entry.bytes)
        if buffer.count < Limits.packBufferBytes { return }
        do throws(RepositoryError) { try spill() } catch { throw fail(error) }
    }

    /// Writes what is in memory to the pack's file.
    private func spill() throws(RepositoryError) {
        let target: TemporaryFile
        if let file {
            target = file
        } else {
            target = try TemporaryFile(in: repository.packDirectory)
            file = target
        }
        try target.write(buffer)
        target.startWriting()
        spilled += buffer.count
        buffer.removeAll(keepingCapacity: true)
    }

    private static func header(_ count: Int) -> [UInt8] {
        withUnsafeBytes(of: UInt32(count).bigEndian) { Array("PACK".utf8) + [0, 0, 0, 2] + $0 }
    }
}
