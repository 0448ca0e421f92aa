internal import Glibc
internal import SyncModel

/// Another program at work, its three streams in our hands. It leads a process group of its own
/// and is ended with it when this is dropped.
final class ChildProcess {
    /// Our ends of its streams, non-blocking; -1 once closed.
    private(set) var input: Int32
    let output: Int32
    let errors: Int32
    private var process: pid_t = 0

    /// Starts a program, looked up in `PATH` unless it is a path.
    /// - Parameters:
    ///   - words: the program and its arguments; no shell sees them.
    ///   - environment: all of its environment.
    /// - Throws: `.io` when it cannot be started. Source: posix_spawn(3), socketpair(2).
    init(_ words: [String], environment: [String: String]) throws(RemoteError) {
        let name = words.first ?? ""
        let pairs = [Self.pair(), Self.pair(), Self.pair()]
        (input, output, errors) = (pairs[0].ours, pairs[1].ours, pairs[2].ours)
        // Without an end of its own the program would write to where this one does.
        let failed = pairs.contains { $0.ours < 0 } ? errno : 0
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (number, pair) in pairs.enumerated() {
            if failed == 0 {
                posix_spawn_file_actions_adddup2(&actions, pair.theirs, Int32(number))
            }
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // What this program ignores, or a worker thread of it blocks, a child would as well: no
        // `timeout` in it would come.
        var signals = sigset_t()
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        posix_spawnattr_setpgroup(&attributes, 0)
        let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK
        posix_spawnattr_setflags(&attributes, Int16(flags))
        var arguments = words.map { strdup($0) } + [nil]
        var variables = environment.map { strdup("\($0)=\($1)") } + [nil]
        defer { (arguments + variables).forEach { free($0) } }
        let failure =
            failed != 0
            ? failed
            : posix_spawnp(&process, name, &actions, &attributes, &arguments, &variables)
        for pair in pairs where pair.theirs >= 0 { close(pair.theirs) }
        if failure != 0 {
            process = 0
            throw RemoteError(
                .io, "run \(name)", String(cString: strerror(failure)),
                hint: failure == ENOENT ? "install \(name), or put it into the daemon's PATH" : nil)
        }
    }

    deinit {
        closeInput()
        for end in [output, errors] where end >= 0 { close(end) }
        if process > 0 { end() }
    }

    /// Sends a few bytes if they can be sent at once.
    func sendAtOnce(_ bytes: [UInt8]) {
        _ = send(input, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    /// Says that nothing more comes.
    func closeInput() {
        if input >= 0 { close(input) }
        input = -1
    }

    /// Waits for the program's end, which has to be near: its output is closed.
    /// - Returns: its exit code; nil when a signal ended it, or this did after `wait`.
    func code(within wait: Duration) -> Int32? {
        let deadline = ContinuousClock.now + wait
        var status: Int32 = 0
        while process > 0 {
            let ended = waitpid(process, &status, WNOHANG)
            if ended == process || (ended < 0 && errno == ECHILD) {
                // Its children too, if it left any.
                kill(-process, SIGKILL)
                process = 0
                return ended > 0 && status & 0x7f == 0 ? status >> 8 & 0xff : nil
            }
            if ContinuousClock.now >= deadline { end() }
            poll(nil, 0, 2)
        }
        return nil
    }

    /// Ends it and its children now.
    func end() {
        if process <= 0 { return }
        kill(-process, SIGKILL)
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0 && errno == EINTR {}
        process = 0
    }

    private static func pair() -> (ours: Int32, theirs: Int32) {
        var ends: [Int32] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { return (-1, -1) }
        _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
        return (ends[0], ends[1])
    }
}
