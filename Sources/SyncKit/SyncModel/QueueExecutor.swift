internal import Dispatch

/// Runs an actor on a serial queue of its own, so that its blocking calls hold up nobody else.
package final class QueueExecutor: SerialExecutor {
    private let queue: DispatchQueue

    /// Makes the queue; the label shows in debuggers.
    package init(label: String) { queue = DispatchQueue(label: label) }

    /// Runs a job of the actor on the queue, after those before it.
    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }
}
