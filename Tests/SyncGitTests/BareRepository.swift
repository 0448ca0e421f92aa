import Foundation
import Testing

/// A directory of its own for one test; gone with it.
final class TemporaryDirectory {
    let path: String

    init() throws {
        var template = Array("/tmp/syncd-git-XXXXXX".utf8CString)
        let made = template.withUnsafeMutableBufferPointer { mkdtemp($0.baseAddress!) }
        path = String(cString: try #require(made))
    }

    deinit {
        do { try FileManager.default.removeItem(atPath: path) } catch {
            Issue.record("\(path) stays: \(error)")
        }
    }
}

/// Runs git in a repository, without anybody's configuration.
/// - Returns: what it printed, without the last line end.
@discardableResult
func git(
    _ repository: String, _ arguments: String..., input: [UInt8] = [], more: [String] = [],
    fails: Bool = false
) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["git", "--git-dir", repository] + arguments + more
    process.environment = [
        "PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a",
        "GIT_COMMITTER_EMAIL": "a@b", "LC_ALL": "C",
    ]
    let (stdin, stdout) = (Pipe(), Pipe())
    (process.standardInput, process.standardOutput) = (stdin, stdout)
    process.standardError = stdout
    try process.run()
    try stdin.fileHandleForWriting.write(contentsOf: Data(input))
    try stdin.fileHandleForWriting.close()
    let output = try stdout.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    let text = String(decoding: output, as: UTF8.self)
    if !fails { #expect(process.terminationStatus == 0, "git \(arguments): \(text)") }
    return text.hasSuffix("\n") ? String(text.dropLast()) : text
}

/// What `git fsck --strict` has to say; nothing when all is well.
func fsck(_ repository: String) throws -> String {
    try git(repository, "fsck", "--strict", "--full", "--no-dangling", "--no-progress")
        .split(separator: "\n")
        // That there is no branch yet is no fault.
        .filter { !$0.hasPrefix("notice: ") }
        .joined(separator: "\n")
}
