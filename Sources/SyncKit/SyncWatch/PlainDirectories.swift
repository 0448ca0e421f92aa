internal import Glibc

/// Directories of which only the entries are watched, not what is below.
struct PlainDirectories {
    private final class Queue {
        let inotify: Inotify
        init() throws(WatchError) { inotify = try Inotify() }
    }

    private var queue: Queue?
    private var watches: [String: Int32] = [:]
    private var paths: [Int32: String] = [:]

    /// To be polled for reading; nil while nothing is watched.
    var descriptor: Int32? { queue?.inotify.descriptor }

    /// Watches a directory; false when it cannot be.
    mutating func add(_ path: String) -> Bool {
        if watches[path] != nil { return true }
        do throws(WatchError) {
            let queue: Queue
            if let open = self.queue { queue = open } else { queue = try Queue() }
            self.queue = queue
            let mask =
                UInt32(IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_CLOSE_WRITE)
                | UInt32(IN_ONLYDIR) | Inotify.selfMask
            guard case .watching(let watch) = queue.inotify.add(Array(path.utf8) + [0], mask: mask)
            else { return false }
            watches[path] = watch
            paths[watch] = path
            return true
        } catch {
            return false
        }
    }

    /// Watches a directory no longer.
    mutating func remove(_ path: String) {
        guard let watch = watches.removeValue(forKey: path) else { return }
        paths[watch] = nil
        queue?.inotify.remove(watch)
        if watches.isEmpty { queue = nil }
    }

    /// Reads what is queued and reports each directory concerned once.
    mutating func drain(_ report: (WatchNotice) -> Void) {
        var changed: Set<String> = []
        var lost: Set<String> = []
        while let events = queue?.inotify.read() {
            for event in events {
                if event.has(IN_Q_OVERFLOW) { changed.formUnion(watches.keys) }
                guard let path = paths[event.descriptor] else { continue }
                if event.has(IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED) {
                    lost.insert(path)
                } else if !event.name.suffix(5).elementsEqual(".lock".utf8) {
                    changed.insert(path)
                }
            }
        }
        for path in changed.subtracting(lost).sorted() { report(.directoryChanged(path)) }
        for path in lost.sorted() {
            remove(path)
            report(.directoryLost(path))
        }
    }
}
