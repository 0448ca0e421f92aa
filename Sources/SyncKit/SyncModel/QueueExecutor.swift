internal import Dispatch

/// Runs an actor on a serial queue of its own, so that its blocking calls hold up nobody else. A
/// task that prefers it is woken there, without a turn on the shared threads before.
package final class QueueExecutor: SerialExecutor, TaskExecutor {
    private let queue: DispatchQueue

    /// Makes the queue; the label shows in debuggers.
    package init(label: String) { queue = DispatchQueue(label: label) }

    /// Runs a job on the queue, after those before it.
    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async {
            job.runSynchronously(
                isolatedTo: self.asUnownedSerialExecutor(),
                taskExecutor: self.asUnownedTaskExecutor())
        }
    }
}
