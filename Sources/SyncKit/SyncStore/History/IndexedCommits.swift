package import SyncModel
internal import struct SyncModel.StateStoreError

/// The commits of an index by their numbers: what a walk over a history needs to know of them.
package struct IndexedCommits: Sendable {
    private var ids: [ObjectID] = []
    private var times: [Int64] = []
    private var merges: [Bool] = []
    private var parents: [Int32] = []
    /// Where in `parents` those of each commit end.
    private var ends: [Int32] = []

    init() {}

    /// How many there are; their numbers are below it.
    package var count: Int { ids.count }

    /// A commit's name.
    /// - Parameter number: below `count`.
    package func id(_ number: Int32) -> ObjectID { ids[Int(number)] }

    /// A commit's stamp, in milliseconds since 1970.
    package func time(_ number: Int32) -> Int64 { times[Int(number)] }

    /// Whether a commit is a merge of ours.
    package func isMerge(_ number: Int32) -> Bool { merges[Int(number)] }

    /// A commit's parents, in order; each number is smaller than its own.
    package func parents(of number: Int32) -> ArraySlice<Int32> {
        let start = number == 0 ? 0 : ends[Int(number) - 1]
        return parents[Int(start)..<Int(ends[Int(number)])]
    }

    /// The numbers by name.
    package func numbers() -> [ObjectID: Int32] {
        var numbers: [ObjectID: Int32] = Dictionary(minimumCapacity: ids.count)
        for (index, id) in ids.enumerated() { numbers[id] = Int32(truncatingIfNeeded: index) }
        return numbers
    }

    /// Adds the commits of the next numbers, as a row has them.
    /// - Parameter first: the number of the first of them.
    /// - Throws: `StateStoreError` for a row that was never written so.
    mutating func add(_ run: CommitRun, from first: Int64) throws(StateStoreError) {
        guard first == Int64(ids.count) else { throw Self.damaged }
        var reader = CommitRun.Reader(run)
        while let head = reader.next() {
            guard ids.count < Int32.max, head.parents <= Int(Int32.max) - parents.count else {
                throw Self.damaged
            }
            for _ in 0..<head.parents {
                guard let parent = reader.parent(), parent < ids.count else { throw Self.damaged }
                parents.append(Int32(truncatingIfNeeded: parent))
            }
            ids.append(head.id)
            times.append(head.time)
            merges.append(head.isMerge)
            ends.append(Int32(truncatingIfNeeded: parents.count))
        }
        if !reader.isAtEnd { throw Self.damaged }
    }

    private static var damaged: StateStoreError {
        FileRow.damaged("commits of the history's index")
    }
}
