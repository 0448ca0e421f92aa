internal import Glibc
internal import SyncModel

/// Another program, run to its end.
enum Program {
    /// Runs a program that is looked up in `PATH`, without a shell and without input.
    /// - Returns: its exit code and what it wrote to both outputs, at most
    ///   `Limits.programOutput` bytes; nil when it cannot be run, or was ended because it took
    ///   longer than `Limits.programWait`. Source: posix_spawn(3).
    static func run(_ name: String, _ arguments: [String]) -> (code: Int32, output: String)? {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return nil }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[0]) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO)
        var words = ([name] + arguments).map { strdup($0) } + [nil]
        defer { words.forEach { free($0) } }
        var process: pid_t = 0
        let failure = posix_spawnp(&process, name, &actions, nil, &words, environ)
        close(ends[1])
        guard failure == 0 else { return nil }
        let output = read(ends[0], within: Limits.programWait)
        if output == nil { kill(process, SIGKILL) }
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0 && errno == EINTR {}
        guard let output, status & 0x7f == 0 else { return nil }
        return (status >> 8 & 0xff, output)
    }

    /// Reads until the other end is closed; nil when that takes too long.
    private static func read(_ file: Int32, within wait: Duration) -> String? {
        let deadline = ContinuousClock.now + wait
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 4 << 10)
        while true {
            let left = deadline - ContinuousClock.now
            guard left > .zero else { return nil }
            var request = pollfd(fd: file, events: Int16(POLLIN), revents: 0)
            guard poll(&request, 1, Int32(left / .milliseconds(1)) + 1) > 0 else { continue }
            let count = Glibc.read(file, &block, block.count)
            if count < 0 && errno == EINTR { continue }
            if count <= 0 { return String(decoding: bytes, as: UTF8.self) }
            bytes += block[..<min(count, Limits.programOutput - bytes.count)]
        }
    }
}
