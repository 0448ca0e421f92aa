internal import SyncModel
internal import Synchronization

/// What a folder's disk keeps: what was not flushed may be gone after the power was cut, and a
/// disk may be taken out.
extension SimFolder {
    /// A change of a directory's entry that no flush made durable yet.
    struct Unflushed {
        let path: TreePath
        /// What stood there before; nil for nothing.
        let old: File?
        /// What came; nil for nothing.
        let new: File?
    }

    /// Takes the folder's disk out, or puts it back.
    func setGone(_ isGone: Bool) { state.withLock { $0.isGone = isGone } }

    /// Whether the folder's disk was taken out.
    var isGone: Bool { state.withLock { $0.isGone } }

    /// Lets the disk be full for what the engine writes, or not any more.
    func setFull(_ isFull: Bool) { state.withLock { $0.isFull = isFull } }

    /// Whether it is.
    var isFull: Bool { state.withLock { $0.isFull } }

    func throwIfGone() throws(FolderError) {
        if isGone { throw FolderError(.rootMissing, "open the root", nil) }
    }

    /// The power is cut. Of the changes since the last flush the newest are undone, as many as
    /// `random` says; contents that were never flushed are gone. Users' own writes stay.
    package func cutPower(_ random: inout SeededRandom) {
        let count = state.withLock { $0.unflushed.count }
        let undone = random.below(count + 1)
        state.withLock { state in
            for change in state.unflushed.suffix(undone).reversed() {
                undo(change, &state)
            }
            state.unflushed = []
            for (path, file) in state.files where state.hollow.contains(file.stat.inode) {
                state.files[path] = File([], file.mode, file.stat)
            }
            (state.staged, state.hollow, state.flushed) = ([:], [], [])
        }
    }

    /// Puts back what stood at a path, where nobody else came there since.
    private func undo(_ change: Unflushed, _ state: inout State) {
        let here = state.files[change.path]
        let isDisplaced = state.displaced.values.contains { $0.path == change.path }
        if here != change.new || isDisplaced { return }
        if let old = change.old {
            let isTaken = state.files.keys.contains {
                $0 != change.path && ($0.isAtOrBelow(change.path) || change.path.isAtOrBelow($0))
            }
            if isTaken { return }
            state.placed[change.path] = nil
            state.files[change.path] = old
        } else {
            state.files[change.path] = nil
        }
    }
}
