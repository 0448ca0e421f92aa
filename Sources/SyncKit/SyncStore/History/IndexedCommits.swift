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

    /// Adds the commit of the next number, as a row has it.
    /// - Throws: `StateStoreError` for a row that was never written so.
    mutating func add(
        _ id: [UInt8], time: Int64, isMerge: Bool, parents packed: [UInt8], number: Int64
    ) throws(StateStoreError) {
        guard let id = ObjectID(id), number == Int64(ids.count), number < Int64(Int32.max),
            packed.count % 4 == 0, packed.count / 4 <= Int(Int32.max) - parents.count
        else { throw FileRow.damaged("a commit of the history's index") }
        for start in stride(from: 0, to: packed.count, by: 4) {
            let parent = (0..<4).reduce(UInt32(0)) { $0 | UInt32(packed[start + $1]) << (8 * $1) }
            guard Int64(parent) < number else {
                throw FileRow.damaged("a commit of the history's index")
            }
            parents.append(Int32(truncatingIfNeeded: parent))
        }
        ids.append(id)
        times.append(time)
        merges.append(isMerge)
        ends.append(Int32(truncatingIfNeeded: parents.count))
    }
}
