package import SyncModel

/// A pack of given objects as a stream, without deltas; holds one object at a time.
/// Source: `Documentation/gitformat-pack`.
package final class OutgoingPack {
    private let repository: GitRepository
    private let ids: [ObjectID]
    private let deflater: Deflater
    /// How many objects were given.
    package private(set) var next = 0
    private var hash = StreamingSHA1()
    private var state = State.header

    private enum State { case header, entries, end }

    /// Takes which objects, in the order they are written.
    package init(_ ids: [ObjectID], of repository: GitRepository) throws(RepositoryError) {
        self.repository = repository
        self.ids = ids
        deflater = try Deflater()
    }

    /// Begins again.
    package func rewind() { (next, hash, state) = (0, StreamingSHA1(), .header) }

    /// The next bytes; nil after the last.
    /// - Throws: as reading an object does.
    package func piece() throws(RepositoryError) -> [UInt8]? {
        switch state {
        case .header:
            state = .entries
            let count = withUnsafeBytes(of: UInt32(ids.count).bigEndian) { Array($0) }
            return hashed(Array("PACK".utf8) + [0, 0, 0, 2] + count)
        case .entries:
            if next == ids.count {
                state = .end
                return hash.value.bytes
            }
            let id = ids[next]
            // The tree without entries need not be stored anywhere; not every server knows it.
            let stored =
                id == Tree.emptyID
                ? StoredObject(kind: .tree, content: []) : try repository.object(id)
            next += 1
            return hashed(deflater.entry(stored.kind, stored.content).bytes)
        case .end: return nil
        }
    }

    private func hashed(_ bytes: [UInt8]) -> [UInt8] {
        hash.update(bytes)
        return bytes
    }
}
