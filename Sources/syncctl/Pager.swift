import Glibc
import SyncEngine

/// Shows long output page by page, on a terminal alone.
enum Pager {
    /// Runs what writes, with its output in the user's pager: `PAGER`, else `less`.
    static func page(_ options: CommonOptions, _ body: (Output) throws -> Void) throws {
        let output = Output(options)
        let environment = Machine().environment
        let command = environment["SYNCCTL_PAGER"] ?? environment["PAGER"] ?? "less"
        guard output.isTerminal, !options.json, !options.quiet, !command.isEmpty,
            command != "cat", isThere(command, environment),
            let program = start(command, environment)
        else { return try output.together(body) }
        defer {
            close(STDOUT_FILENO)
            var status: Int32 = 0
            while waitpid(program, &status, 0) < 0 && errno == EINTR {}
        }
        try body(output)
    }

    /// Whether the shell will find the program of a command: it is too late to write elsewhere once
    /// it has not. A command that is more than words is for the shell to read.
    private static func isThere(_ command: String, _ environment: [String: String]) -> Bool {
        guard let word = command.split(whereSeparator: \.isWhitespace).first else { return false }
        let isPlain = word.utf8.allSatisfy { byte in
            UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20
                || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || "/._+-".utf8.contains(byte)
        }
        guard isPlain else { return true }
        if word.contains("/") { return access(String(word), X_OK) == 0 }
        return (environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
            .contains { access("\($0)/\(word)", X_OK) == 0 }
    }

    /// Starts the pager and lets standard output lead to it; nil when it cannot be had.
    private static func start(_ command: String, _ environment: [String: String]) -> pid_t? {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { return nil }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { for end in ends { close(end) } }
        // As git does: less ends at once where all fits on the screen, and shows colours.
        if environment["LESS"] == nil { setenv("LESS", "FRX", 1) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO)
        let arguments: [String] = ["/bin/sh", "-c", command]
        var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
        words.append(nil)
        defer { for word in words { free(word) } }
        var program: pid_t = 0
        guard posix_spawn(&program, "/bin/sh", &actions, nil, words, environ) == 0 else {
            return nil
        }
        dup2(ends[1], STDOUT_FILENO)
        return program
    }
}
