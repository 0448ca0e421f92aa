internal import SyncHTTP
internal import SyncModel

/// The programs that git signs and checks with, and what the user's git configuration says of
/// them. No shell runs, and what is signed goes to standard input.
struct GitPrograms: Sendable {
    /// All of the programs' environment.
    let environment: [String: String]

    /// How a program ended.
    struct Ran {
        /// Nil when a signal ended it.
        let code: Int32?
        /// At most `Limits.secretBytes`; what comes after that is not read.
        let output: [UInt8]
        /// What it said to people, in one line.
        let words: String

        /// Its output as lines.
        var lines: [Substring] {
            String(decoding: output, as: UTF8.self).split { $0 == "\n" || $0 == "\r\n" }
        }
    }

    /// Runs a program to its end.
    /// - Throws: `.unreachable` when it takes longer than `Limits.signWait`, `.io` when it cannot
    ///   be run.
    func run(_ words: [String], input: [UInt8] = []) throws(RemoteError) -> Ran {
        let child = try ChildProcess(words, environment: environment)
        var stream = ProgramStream(child, patience: Limits.signWait, Cancellation())
        var output: [UInt8] = []
        let source = BytesSource(input) { child.closeInput() }
        let end = try stream.talk(source, within: Limits.signWait, "run \(words.first ?? "")") {
            piece throws(RemoteError) in
            output += piece
            return output.count > Limits.secretBytes
        }
        // What is not read is not waited for.
        if end == .enough { child.end() }
        return Ran(
            code: child.code(within: Limits.signWait), output: output, words: stream.words.text)
    }

    /// What the user's git configuration says; nil where it says nothing or there is no git.
    /// - Parameter type: `path` gives a path whose `~` is the home.
    func configured(_ key: String, type: String? = nil) -> String? {
        let typed = type.map { ["--type=\($0)"] } ?? []
        do throws(RemoteError) {
            let ran = try run(["git", "-C", "/", "config"] + typed + ["--get", key])
            return ran.code == 0 ? ran.lines.first.map(String.init) : nil
        } catch {
            // Without git its defaults hold.
            return nil
        }
    }
}
