internal import Foundation
internal import SyncModel
internal import SyncTestKit

/// A random history of three files, made by git itself.
struct MadeHistory {
    let directory = "/tmp/history-\(UInt32.random(in: .min ... .max))"
    static let paths = ["a", "b", "d/c"]

    /// Makes `commits` commits, one in four a merge.
    /// - Parameter renames: whether one in six gives a file the place of another.
    init(seed: UInt64, commits: Int, renames: Bool = false) throws {
        var random = SeededRandom(seed: seed)
        var stream = ""
        var contents: [[String: Int]] = []
        for mark in 1...commits {
            var parents: [Int] = []
            if mark > 1 { parents.append(Int.random(in: max(1, mark - 4)..<mark, using: &random)) }
            if mark > 4, Int.random(in: 0..<4, using: &random) == 0 {
                let other = Int.random(in: max(1, mark - 6)..<mark, using: &random)
                if other != parents[0] { parents.append(other) }
            }
            var files = parents.first.map { contents[$0 - 1] } ?? [:]
            if parents.count == 2, let path = Self.paths.randomElement(using: &random) {
                files[path] = contents[parents[1] - 1][path]
            }
            if renames, Int.random(in: 0..<6, using: &random) == 0,
                let old = Self.paths.randomElement(using: &random),
                let new = Self.paths.randomElement(using: &random), old != new
            {
                files[new] = files.removeValue(forKey: old)
            } else if parents.count < 2 || Bool.random(using: &random) {
                let path = Self.paths.randomElement(using: &random) ?? "a"
                let value = Int.random(in: 0..<6, using: &random)
                files[path] = value == 0 ? nil : value
            }
            contents.append(files)
            stream += Self.commit(mark, parents, files)
        }
        stream += "reset refs/heads/sync\nfrom :\(commits)\n"
        _ = try run(["init", "-q", "--bare", "--initial-branch=sync", directory], input: "")
        _ = try git(["fast-import", "--quiet"], input: stream)
    }

    private static func commit(_ mark: Int, _ parents: [Int], _ files: [String: Int]) -> String {
        var text = "commit refs/heads/work\nmark :\(mark)\n"
        text += "committer D <d@x> \(1_700_000_000 + mark * 60) +0000\ndata 2\nm\n"
        for (index, parent) in parents.enumerated() {
            text += index == 0 ? "from :\(parent)\n" : "merge :\(parent)\n"
        }
        text += "deleteall\n"
        for (path, value) in files.sorted(by: { $0.key < $1.key }) {
            text += "M 644 inline \(path)\ndata \("v\(value)".count)\nv\(value)\n"
        }
        return text + "\n"
    }

    func remove() throws { try FileManager.default.removeItem(atPath: directory) }

    /// The commits that git lists with these arguments.
    func log(_ arguments: [String]) throws -> [String] {
        try git(["log", "--format=%H"] + arguments).split(separator: "\n").map(String.init)
    }

    func git(_ arguments: [String], input: String = "") throws -> String {
        try run(["--git-dir", directory] + arguments, input: input)
    }

    private func run(_ arguments: [String], input: String) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["git"] + arguments
        let (inward, outward) = (Pipe(), Pipe())
        process.standardInput = inward
        process.standardOutput = outward
        try process.run()
        try inward.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try inward.fileHandleForWriting.close()
        let output = try outward.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        struct Failed: Error { let arguments: [String] }
        guard process.terminationStatus == 0 else { throw Failed(arguments: arguments) }
        return String(decoding: output, as: UTF8.self)
    }
}
