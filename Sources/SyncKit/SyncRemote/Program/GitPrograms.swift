internal import SyncModel

/// The programs that git signs and checks with, and what the user's git configuration says of
/// them. No shell runs, and what is signed goes to standard input.
struct GitPrograms: Sendable {
    /// All of the programs' environment.
    let environment: [String: String]

    /// Runs a program to its end.
    /// - Throws: `.unreachable` when it takes longer than `Limits.signWait`, `.io` when it cannot
    ///   be run.
    func run(_ words: [String], input: [UInt8] = []) throws(RemoteError) -> ProgramRun {
        try ProgramRun(words, environment: environment, input: input, within: Limits.signWait)
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
