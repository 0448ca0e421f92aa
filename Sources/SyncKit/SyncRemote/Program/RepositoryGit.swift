internal import Glibc
internal import SyncModel

/// git at work in a repository of ours. The variables around this process (`GIT_DIR` and the rest,
/// as below a hook or an alias) and the user's configuration are of other repositories: neither is
/// asked. The repository is named, so that git asks neither whose it is nor whether it may be bare.
/// Source: git(1), "Environment Variables"; safe.* in git-config(1).
package struct RepositoryGit: Sendable {
    /// Why git gave no answer, in its own words where it has some.
    package struct Refusal: Error, CustomStringConvertible {
        /// What it came to; nil when it could not be started or did not come to its end.
        package let ran: ProgramRun?
        /// One line.
        package let description: String
        /// Whether there is no git to be started.
        package var isAbsent = false
    }

    private let repository: String

    /// - Parameter repository: of this user or of another; need not be there yet.
    package init(_ repository: String) { self.repository = repository }

    /// Runs git to its end.
    /// - Parameters:
    ///   - words: without `git` and the repository.
    ///   - settings: of the environment, beside what is always set.
    ///   - wait: for all of it.
    /// - Returns: what it said; it exited with 0.
    @discardableResult package func run(
        _ words: [String], with settings: [String: String] = [:],
        within wait: Duration = Limits.verifyWait
    ) throws(Refusal) -> ProgramRun {
        try Self.run(["--git-dir", repository] + words, with: settings, within: wait)
    }

    /// What git calls itself; asked without a repository.
    package static func version() throws(Refusal) -> String {
        try run(["--version"], with: [:], within: Limits.programWait).lines.first
            .map(String.init) ?? ""
    }

    /// What git says of the user's configuration where it cannot read that: credential helpers, ssh
    /// and signing programs are looked up there. Nil where it can.
    package static func configurationFault() -> String? {
        let words = ["git", "-C", "/", "config", "--list"]
        let asked = ProgramRun.answer(words, with: ["LC_ALL": "C"])
        guard let (code, run) = asked, code > 1 else { return nil }
        return run.words.isEmpty ? "exit \(code)" : run.words
    }

    private static func run(
        _ words: [String], with settings: [String: String], within wait: Duration
    ) throws(Refusal) -> ProgramRun {
        let run: ProgramRun
        do throws(RemoteError) {
            run = try ProgramRun(
                ["git"] + words, environment: environment.merging(settings) { $1 },
                most: Limits.programOutput, within: wait)
        } catch {
            let isAbsent = error.cause == String(cString: strerror(ENOENT))
            throw Refusal(
                ran: nil,
                description: isAbsent
                    ? "there is no git program" : "git did not come to an end: \(error.cause)",
                isAbsent: isAbsent)
        }
        if run.code == 0 { return run }
        if run.code == nil && !run.isCut {
            throw Refusal(ran: nil, description: "git did not come to an end: it was killed")
        }
        let said = run.words.isEmpty ? run.lines.first.map(String.init) ?? "" : run.words
        throw Refusal(
            ran: run, description: said.isEmpty ? "exit \(run.code ?? 0)" : said)
    }

    /// The process's own, without what is said there of repositories. Where git has its own
    /// programs is of the machine.
    private static var environment: [String: String] {
        ProgramRun.ownEnvironment
            .filter { !$0.key.hasPrefix("GIT_") || $0.key == "GIT_EXEC_PATH" }
            .merging([
                "LC_ALL": "C", "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null",
                // What a scratch repository is made as: later versions of git have other defaults.
                "GIT_DEFAULT_HASH": "sha1", "GIT_DEFAULT_REF_FORMAT": "files",
                "GIT_TERMINAL_PROMPT": "0",
            ]) { $1 }
    }
}
