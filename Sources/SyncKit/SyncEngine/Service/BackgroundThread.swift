internal import Glibc
internal import SyncWatch
internal import Synchronization

/// A thread for long work that nobody waits for: the processor is its own only while nobody else
/// wants it. It lives as long as the work, because a thread that became nice cannot go back.
enum BackgroundThread {
    /// Lower than captures and applies, which have 0.
    private static let niceness: Int32 = 10

    /// Does the work on a thread of its own and waits for its end; where no thread can be had it is
    /// done on this one.
    static func run(_ work: @escaping @Sendable () -> Void) {
        do throws(WatchError) {
            let thread = try Thread {
                // On Linux zero is the calling thread, not the process.
                setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, niceness)
                work()
            }
            thread.join()
        } catch {
            work()
        }
    }
}

/// Work on a background thread that comes to something.
package enum BackgroundWork {
    /// Does the work and waits for it; what it throws is thrown.
    /// - Returns: what it came to.
    package static func of<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) throws
        -> Value
    {
        let outcome = Outcome<Value>()
        BackgroundThread.run { outcome.note(Result { try work() }) }
        return try outcome.get()
    }

    /// Set by the thread, read after its end.
    private final class Outcome<Value: Sendable>: Sendable {
        private let result = Mutex<Result<Value, any Error>?>(nil)

        func note(_ new: Result<Value, any Error>) { result.withLock { $0 = new } }

        func get() throws -> Value {
            guard let result = result.withLock({ $0 }) else {
                preconditionFailure("the thread was waited for")
            }
            return try result.get()
        }
    }
}
