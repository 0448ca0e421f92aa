internal import Glibc
internal import SyncHTTP
package import SyncModel

/// A program that the user put beside the configuration, to be run when something happens. No
/// shell is asked, and nobody but the user may have put it there.
package struct HookProgram: Sendable {
    /// What stands at a path where a hook may be.
    package enum Found: Sendable {
        case nothing
        /// It cannot be used: why, and what to do.
        case refused(String)
        case program(HookProgram)
    }

    /// What came of a run.
    package struct Outcome: Sendable {
        /// The exit code; nil when a signal ended it.
        package let code: Int32?
        /// The beginning of what it wrote, at most `Limits.hookOutput` bytes.
        package let output: [UInt8]
        /// Whether it wrote more than that.
        package let isCut: Bool
        /// The end of what it said on its error output, in one line.
        package let words: String

        /// What it wrote, in lines that are safe to print, at most so many.
        package func lines(atMost count: Int) -> [String] {
            let lines = output.split(separator: 0x0a).map { RemoteWords.clean($0) }
                .filter { !$0.isEmpty }
            if lines.count <= count && !isCut { return lines }
            return lines.prefix(count) + ["and more that is not shown"]
        }
    }

    /// Ends every run that is under way, and all later ones at once.
    package final class Stop: Sendable {
        fileprivate let cancellation = Cancellation()

        /// Nothing is stopped yet.
        package init() {}

        /// Ends them; from any thread.
        package func now() { cancellation.cancel() }
    }

    /// Absolute.
    package let path: String

    /// Looks for a hook. It has to be an executable file of this user that nobody else may write,
    /// in a directory of which the same holds.
    package static func find(_ path: String) -> Found {
        var information = stat()
        if stat(path, &information) != 0 {
            let failure = errno
            if failure == ENOENT || failure == ENOTDIR { return .nothing }
            return .refused("\(path): \(String(cString: strerror(failure)))")
        }
        guard information.st_mode & S_IFMT == S_IFREG else { return .refused("\(path) is no file") }
        if let words = doubt(path, information) { return .refused(words) }
        let directory = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
        guard stat(directory, &information) == 0 else {
            return .refused("\(directory): \(String(cString: strerror(errno)))")
        }
        if let words = doubt(directory, information) { return .refused(words) }
        if access(path, X_OK) != 0 { return .refused("\(path) is not executable: chmod u+x") }
        return .program(HookProgram(path: path))
    }

    /// Whether the file that a path leads to stands below a directory.
    package func stands(below directory: String) -> Bool {
        guard let file = Self.resolved(path), let top = Self.resolved(directory) else {
            // What is not there has nothing below it.
            return false
        }
        return file.hasPrefix(top == "/" ? top : top + "/")
    }

    private static func resolved(_ path: String) -> String? {
        guard let text = realpath(path, nil) else { return nil }
        defer { free(text) }
        return String(cString: text)
    }

    /// Why somebody else may have written what stands there; nil when nobody may.
    private static func doubt(_ path: String, _ information: stat) -> String? {
        if information.st_uid != geteuid() { return "\(path) belongs to another user" }
        if information.st_mode & 0o022 != 0 {
            return "others may write \(path): chmod go-w"
        }
        return nil
    }

    /// Runs it to its end. What it leaves behind of processes ends with it.
    /// - Parameters:
    ///   - input: goes to its standard input.
    ///   - environment: all of its environment.
    ///   - wait: for all of it.
    ///   - stop: ends it early.
    /// - Throws: `.unreachable` when it takes too long, `.io` when it cannot be run or is stopped.
    package func run(
        _ input: [UInt8], environment: [String: String], within wait: Duration, _ stop: Stop
    ) throws(RemoteError) -> Outcome {
        let clock = ContinuousClock()
        let deadline = clock.now + wait
        let child = try ChildProcess([path], environment: environment)
        var stream = ProgramStream(child, patience: wait, stop.cancellation)
        var output: [UInt8] = []
        var isCut = false
        let source = BytesSource(input) { child.closeInput() }
        let name = String(path.split(separator: "/").last ?? "")
        _ = try stream.talk(source, within: wait, "run \(name)") { piece throws(RemoteError) in
            let room = Limits.hookOutput - output.count
            output += piece.prefix(room)
            isCut = isCut || piece.count > room
            return false
        }
        let code = child.code(within: max(.zero, deadline - clock.now))
        return Outcome(code: code, output: output, isCut: isCut, words: stream.words.text)
    }
}
