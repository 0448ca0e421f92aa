package import SyncModel
internal import Synchronization

/// Whether the engine gets on: what it does of one vault, counted, and whether each folder was
/// looked at since the start. May be asked from any thread.
package final class EngineProgress: Sendable {
    /// How far the work under way is.
    package let work = WorkCount()
    private let steps = Atomic<UInt64>(0)
    private let waiting: Mutex<Set<FolderID>>
    private let captured: (stream: AsyncStream<Void>, continuation: AsyncStream<Void>.Continuation)

    /// - Parameter folders: those that are to be looked at.
    init(folders: [FolderID]) {
        waiting = Mutex(Set(folders))
        captured = AsyncStream.makeStream(of: Void.self)
        if folders.isEmpty { captured.continuation.finish() }
    }

    /// Moves with every turn of the engine and every file that it touches; stands still when it
    /// hangs.
    package var count: UInt64 { steps.load(ordering: .relaxed) }

    /// Notes a step.
    func step() { steps.wrappingAdd(1, ordering: .relaxed) }

    /// Notes that a folder was looked at, or cannot be.
    func noteCapture(of folder: FolderID) {
        step()
        let isDone = waiting.withLock { waiting in
            waiting.remove(folder) != nil && waiting.isEmpty
        }
        if isDone { captured.continuation.finish() }
    }

    /// Waits until each folder was looked at, or the task is cancelled; for one task.
    package func waitForCapture() async { for await _ in captured.stream {} }
}

extension VaultService {
    /// Takes a turn on the vault's queue: done when what was before it there is.
    package func takeTurn() { progress.step() }
}
