import Glibc
import SyncModel
import Testing

@testable import SyncWatch

/// A new directory, until it is removed.
struct TemporaryFolder {
    let root: String

    init() {
        var template = Array("/tmp/watch-XXXXXX".utf8CString)
        root = String(cString: mkdtemp(&template)!)
    }

    func remove() { shell("rm -rf '\(root)'") }

    /// Runs a shell command in the folder.
    @discardableResult
    func run(_ command: String) -> Int32 { shell("cd '\(root)' && { \(command)\n}") }
}

/// Runs a shell command.
@discardableResult
func shell(_ command: String) -> Int32 { system(command) }

func path(_ text: String) -> TreePath { TreePath(text)! }

/// Nanoseconds of a clock that never goes back.
func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}

/// Tries a condition until it holds.
func eventually(_ seconds: Int64 = 10, _ holds: () -> Bool) -> Bool {
    let deadline = now() + seconds * 1_000_000_000
    while now() < deadline {
        if holds() { return true }
        usleep(1_000)
    }
    return holds()
}

/// Reads everything that is queued now.
func events(_ watch: FolderWatch) -> Set<WatchEvent> {
    var events: Set<WatchEvent> = []
    var polled = pollfd(fd: watch.descriptor, events: Int16(POLLIN), revents: 0)
    while poll(&polled, 1, 0) > 0 { watch.drain { events.insert($0) } }
    return events
}
