internal import Glibc
internal import SyncModel
internal import Synchronization

/// What runs on the watch thread: one `poll` over all queues, with the nearest deadline of an
/// open batch as its time limit.
final class Watcher {
    private struct Folder {
        let rule: WatchedFolder
        var watch: FolderWatch?
        var batcher: Batcher
    }

    private var folders: [Folder]
    private var directories: PlainDirectories
    private let maxWatches: Int
    private let orders: WatchOrders
    private let deliver: @Sendable (WatchNotice) -> Void

    init(
        _ folders: [WatchedFolder], timing: BatchTiming, maxWatches: Int, orders: WatchOrders,
        deliver: @escaping @Sendable (WatchNotice) -> Void
    ) {
        self.folders = folders.map { Folder(rule: $0, watch: nil, batcher: Batcher(timing)) }
        directories = PlainDirectories()
        self.maxWatches = maxWatches
        self.orders = orders
        self.deliver = deliver
    }

    /// Works until it is told to stop.
    func run() {
        for index in folders.indices { rewatch(index) }
        while true {
            let isBusy = folders.contains { $0.batcher.deadline() != nil }
            orders.isBusy.store(isBusy, ordering: .sequentiallyConsistent)
            let ready = wait()
            orders.isBusy.store(true, ordering: .sequentiallyConsistent)
            if ready.contains(orders.descriptor) {
                let pending = orders.take()
                if pending.stop { return }
                carryOut(pending)
            }
            if let descriptor = directories.descriptor, ready.contains(descriptor) {
                directories.drain(deliver)
            }
            for index in folders.indices {
                if let descriptor = folders[index].watch?.descriptor, ready.contains(descriptor) {
                    drain(index)
                }
                close(index)
            }
        }
    }

    private func carryOut(_ pending: WatchOrders.Pending) {
        for index in pending.rewatch.sorted() where folders.indices.contains(index) {
            rewatch(index)
        }
        for path in pending.unwatch { directories.remove(path) }
        for path in pending.watch.sorted() where !directories.add(path) {
            deliver(.directoryLost(path))
        }
    }

    /// Waits for an event or the nearest deadline.
    /// - Returns: the descriptors that can be read.
    private func wait() -> Set<Int32> {
        var timeout: Int32 = -1
        if let deadline = folders.compactMap({ $0.batcher.deadline() }).min() {
            let rest = max(0, deadline - Self.now())
            timeout = Int32(clamping: (rest + 999_999) / 1_000_000)
        }
        let descriptors =
            [orders.descriptor] + [directories.descriptor].compactMap { $0 }
            + folders.compactMap { $0.watch?.descriptor }
        var polled = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        guard poll(&polled, nfds_t(polled.count), timeout) > 0 else { return [] }
        return Set(polled.lazy.filter { $0.revents != 0 }.map(\.fd))
    }

    private func drain(_ index: Int) {
        let now = Self.now()
        guard let watch = folders[index].watch else { return }
        watch.drain { event in
            folders[index].batcher.add(event, at: now)
            if folders[index].batcher.isFull { close(index) }
        }
        publish(index)
    }

    /// Delivers the folder's batch if its time has come. Lost events make the watches be set
    /// anew before the scan that makes up for them.
    private func close(_ index: Int) {
        guard let batch = folders[index].batcher.take(at: Self.now()) else { return }
        if batch.rootGone {
            folders[index].watch = nil
            publish(index)
        } else if batch.rescan, folders[index].watch?.isStale ?? false, !open(index) {
            return rewatch(index)
        }
        deliver(.batch(folder: index, batch))
    }

    /// Sets a folder's watches anew and delivers the rescan that has to follow.
    private func rewatch(_ index: Int) {
        let isOpen = open(index)
        let now = Self.now()
        folders[index].batcher.addRescan(at: now)
        guard var batch = folders[index].batcher.take(at: now) else { return }
        if !isOpen, orders.status(index).error?.code == .rootMissing {
            batch = Batch()
            batch.rootGone = true
        }
        deliver(.batch(folder: index, batch))
    }

    /// Sets a folder's watches anew; false when it cannot be watched.
    private func open(_ index: Int) -> Bool {
        let rule = folders[index].rule
        folders[index].watch = nil
        do throws(WatchError) {
            folders[index].watch = try FolderWatch(
                root: rule.root, shouldWatch: rule.shouldWatch, maxWatches: maxWatches)
            publish(index)
            return true
        } catch {
            orders.set(WatchStatus(error: error), index)
            return false
        }
    }

    private func publish(_ index: Int) {
        orders.setQueue(folders[index].watch?.descriptor, index)
        guard let watch = folders[index].watch else { return orders.set(WatchStatus(), index) }
        orders.set(
            WatchStatus(
                directories: watch.directoryCount, unwatched: watch.unwatched,
                isIncomplete: watch.isIncomplete), index)
    }

    /// Nanoseconds of a clock that never goes back.
    private static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
