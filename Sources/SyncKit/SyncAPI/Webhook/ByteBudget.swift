internal import Synchronization

/// Memory that several requests share.
final class ByteBudget: Sendable {
    private let left: Mutex<Int>

    /// - Parameter bytes: how many there are.
    init(_ bytes: Int) { left = Mutex(bytes) }

    /// Takes some of it, or nothing.
    /// - Returns: false when so many are not left.
    func take(_ bytes: Int) -> Bool {
        left.withLock { left in
            if bytes > left { return false }
            left -= bytes
            return true
        }
    }

    /// Gives back what was taken.
    func giveBack(_ bytes: Int) { left.withLock { $0 += bytes } }
}
