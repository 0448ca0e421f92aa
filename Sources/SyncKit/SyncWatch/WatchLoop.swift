internal import Glibc
package import SyncModel
internal import Synchronization

/// A folder as the watch loop takes it.
package struct WatchedFolder: Sendable {
    /// Absolute path of the directory.
    package let root: String
    /// False for a directory that is ignored; asked on the watch thread.
    package let shouldWatch: @Sendable (TreePath) -> Bool

    package init(root: String, shouldWatch: @escaping @Sendable (TreePath) -> Bool) {
        self.root = root
        self.shouldWatch = shouldWatch
    }
}

/// What the watch loop has to say.
package enum WatchNotice: Sendable, Equatable {
    /// A closed batch of the folder with this index. A folder's first is a rescan, and comes when
    /// its watches stand.
    case batch(folder: Int, Batch)
    /// Something was made, moved or removed in a directory given to `watchDirectory`.
    case directoryChanged(String)
    /// Such a directory is gone or cannot be watched; it is forgotten.
    case directoryLost(String)
}

/// How well a folder is watched.
package struct WatchStatus: Sendable, Equatable {
    /// How many directories are watched; 0 when the folder cannot be.
    package var directories = 0
    /// Directories the kernel refused to watch, which have to be scanned from time to time; nil
    /// when they are too many to list.
    package var unwatched: Set<TreePath>? = []
    /// Whether a directory could not be listed: what is below it comes by watching anew alone.
    package var isIncomplete = false
    /// Why the folder is not watched.
    package var error: WatchError?

    /// Whether the root is there and the system has no watch for it.
    package var isBlind: Bool { error?.code == .limit || error?.code == .io }
}

/// One thread that waits for all folders and plain directories of a vault, and closes their
/// batches. While nothing changes it does not wake up.
package final class WatchLoop: Sendable {
    private let orders: WatchOrders
    private let thread: Mutex<Thread?>

    /// Starts the thread.
    /// - Parameters:
    ///   - maxWatches: directories of one folder past which the limit is taken for reached.
    ///   - deliver: called on the watch thread; has to return soon.
    /// - Throws: `.limit` when there is no descriptor or thread left.
    package init(
        _ folders: [WatchedFolder], timing: BatchTiming, maxWatches: Int = .max,
        deliver: @escaping @Sendable (WatchNotice) -> Void
    ) throws(WatchError) {
        let orders = try WatchOrders(folders: folders.count)
        self.orders = orders
        thread = Mutex(
            try Thread {
                let watcher = Watcher(
                    folders, timing: timing, maxWatches: maxWatches, orders: orders,
                    deliver: deliver)
                watcher.run()
            })
    }

    deinit { stop() }

    /// The kernel's limit on watches of one user; nil when it does not say.
    package static var limit: Int? { Inotify.userLimit() }

    /// Whether an inotify instance can be had now; a user has 128 of them.
    package static var hasInstance: Bool {
        do throws(WatchError) {
            _ = try Inotify()
            return true
        } catch {
            return false
        }
    }

    /// Whether nothing changed in any folder that was not delivered: true only if the kernel has
    /// no event for the thread and the thread none in hand. Events move that way, so a change
    /// made before the call is seen at one of the two places or was delivered.
    package var isQuiet: Bool {
        !orders.hasUnread && !orders.isBusy.load(ordering: .sequentiallyConsistent)
    }

    /// How well a folder is watched now.
    package func status(folder: Int) -> WatchStatus { orders.status(folder) }

    /// Sets a folder's watches anew, because ignore rules changed, its root came back or watches
    /// were refused; a rescan follows, or `rootGone`.
    package func rewatch(folder: Int) { orders.give { $0.rewatch.insert(folder) } }

    /// Watches the entries of one directory, not below it: where a remote on this machine keeps
    /// its refs. Names that end in `.lock` are git's own and not reported. Asking again for a
    /// directory that is watched changes nothing.
    /// - Parameter path: absolute.
    package func watchDirectory(_ path: String) {
        orders.give {
            $0.unwatch.remove(path)
            $0.watch.insert(path)
        }
    }

    /// Watches such a directory no longer.
    package func unwatchDirectory(_ path: String) {
        orders.give {
            $0.watch.remove(path)
            $0.unwatch.insert(path)
        }
    }

    /// Ends the thread and waits for it; called from the thread itself it does not wait.
    /// Nothing is delivered after that.
    package func stop() {
        orders.give { $0.stop = true }
        thread.withLock { thread in
            thread?.join()
            thread = nil
        }
    }
}
