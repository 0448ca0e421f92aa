internal import SyncModel

/// Commits of an index that stand in one row, in the order of their numbers: all of a history has
/// to be read for a walk, and a row for each commit costs more than the walk.
///
/// Each is its name, its stamp, the number of its parents shifted by one with whether it is a merge
/// of ours in the lowest bit, and the parents' numbers; all numbers little-endian.
struct CommitRun {
    /// The most commits in one row.
    static let most = 1_024

    private(set) var bytes: [UInt8]

    /// No commits.
    init() { bytes = [] }

    /// What a row has.
    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Adds a commit.
    mutating func add(_ id: ObjectID, time: Int64, isMerge: Bool, parents: [Int32]) {
        bytes += id.bytes
        append(time)
        append(UInt32(truncatingIfNeeded: parents.count) << 1 | (isMerge ? 1 : 0))
        for parent in parents { append(parent) }
    }

    private mutating func append(_ number: some FixedWidthInteger) {
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// Reads a run from its beginning.
    struct Reader {
        private let run: CommitRun
        private var position = 0

        init(_ run: CommitRun) { self.run = run }

        /// Whether all was read.
        var isAtEnd: Bool { position == run.bytes.count }

        /// The next commit without its parents, which follow; nil where there is no whole one.
        mutating func next() -> (id: ObjectID, time: Int64, isMerge: Bool, parents: Int)? {
            let start = position
            let size = ObjectID.byteCount + 12
            guard run.bytes.count - start >= size,
                let id = ObjectID(run.bytes.span, at: start)
            else { return nil }
            position += size
            let words = run.bytes.span.bytes
            let time = words.unsafeLoadUnaligned(
                fromByteOffset: start + ObjectID.byteCount, as: Int64.self)
            let form = words.unsafeLoadUnaligned(
                fromByteOffset: start + ObjectID.byteCount + 8, as: UInt32.self)
            let parents = UInt32(littleEndian: form) >> 1
            return (id, Int64(littleEndian: time), form.littleEndian & 1 == 1, Int(parents))
        }

        /// The next parent of the commit that was read last; nil where the run is cut.
        mutating func parent() -> UInt32? {
            guard run.bytes.count - position >= 4 else { return nil }
            defer { position += 4 }
            let number = run.bytes.span.bytes.unsafeLoadUnaligned(
                fromByteOffset: position, as: UInt32.self)
            return UInt32(littleEndian: number)
        }
    }
}
