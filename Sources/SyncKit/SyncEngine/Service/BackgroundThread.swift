internal import Glibc
internal import SyncWatch

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

/// What a background thread leaves behind: written by the thread, read after its end.
final class BackgroundCount: @unchecked Sendable {
    private var count = 0
    private var failure: (any Error)?

    /// Does the work on a background thread.
    /// - Returns: its count.
    static func of(_ work: @escaping @Sendable () throws -> Int) throws -> Int {
        let result = BackgroundCount()
        BackgroundThread.run { result.note(work) }
        if let failure = result.failure { throw failure }
        return result.count
    }

    private func note(_ work: @Sendable () throws -> Int) {
        do { count = try work() } catch { failure = error }
    }
}
