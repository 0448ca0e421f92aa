internal import Glibc
internal import SyncHTTP
internal import SyncModel

/// A program run to its end: the one way in which both programs start others for an answer. No
/// shell is asked unless the words name one, and no wait is without end.
package struct ProgramRun: Sendable {
    /// The exit code; nil when a signal ended it.
    package let code: Int32?
    /// What it wrote, not much more than was asked for.
    package let output: [UInt8]
    /// Whether it wrote more than was asked for: the rest was not waited for.
    package let isCut: Bool
    /// What it said to people, in one line.
    package let words: String

    /// Its output as lines.
    package var lines: [Substring] {
        String(decoding: output, as: UTF8.self).split { $0 == "\n" || $0 == "\r\n" }
    }

    /// What this process has around it.
    package static var ownEnvironment: [String: String] {
        var variables: [String: String] = [:]
        var next = environ
        while let entry = next.pointee {
            let text = String(cString: entry)
            if let equals = text.firstIndex(of: "=") {
                variables[String(text[..<equals])] = String(text[text.index(after: equals)...])
            }
            next += 1
        }
        return variables
    }

    /// Runs a program that is looked up in `PATH`, with this process's own environment and no
    /// input.
    /// - Parameters:
    ///   - settings: of the environment, instead of what is there.
    ///   - wait: for all of it.
    /// - Returns: nil when it cannot be run, was ended by a signal, or took longer; at most
    ///   `Limits.programOutput` bytes.
    package static func answer(
        _ words: [String], with settings: [String: String] = [:],
        within wait: Duration = Limits.programWait
    ) -> (code: Int32, run: ProgramRun)? {
        let environment = ownEnvironment.merging(settings) { $1 }
        do throws(RemoteError) {
            let run = try ProgramRun(
                words, environment: environment, most: Limits.programOutput, within: wait)
            return run.code.map { ($0, run) }
        } catch {
            // Who asks goes on without the answer.
            return nil
        }
    }

    /// Runs a program to its end.
    /// - Parameters:
    ///   - words: the program and its arguments.
    ///   - environment: all of its environment.
    ///   - input: goes to its standard input.
    ///   - most: bytes of its output; what comes after that is not read.
    ///   - wait: for all of it.
    ///   - cancellation: ends it.
    /// - Throws: `.unreachable` when it takes too long, `.io` when it cannot be run or is
    ///   cancelled.
    init(
        _ words: [String], environment: [String: String], input: [UInt8] = [],
        most: Int = Limits.secretBytes, within wait: Duration = Limits.programWait,
        _ cancellation: Cancellation = Cancellation()
    ) throws(RemoteError) {
        let deadline = ContinuousClock.now + wait
        let child = try ChildProcess(words, environment: environment)
        var stream = ProgramStream(child, patience: wait, cancellation)
        var output: [UInt8] = []
        let source = BytesSource(input) { child.closeInput() }
        let end = try stream.talk(source, within: wait, "run \(words.first ?? "")") {
            piece throws(RemoteError) in
            output += piece
            return output.count > most
        }
        // What is not read is not waited for.
        isCut = end == .enough
        if isCut { child.end() }
        code = child.code(within: deadline - .now)
        self.output = Array(output.prefix(most))
        self.words = stream.words.text
    }

    /// What a program says of a secret. What it says to people is not kept: it might hold one.
    /// - Throws: as `init`, and `.io` when it writes too much.
    static func secret(
        _ words: [String], _ environment: [String: String], input: [UInt8] = [],
        _ cancellation: Cancellation
    ) throws(RemoteError) -> (code: Int32?, output: [UInt8]) {
        let run = try ProgramRun(words, environment: environment, input: input, cancellation)
        if run.isCut {
            throw RemoteError(.io, "run \(words.first ?? "")", "it writes too much")
        }
        return (run.code, run.output)
    }
}
