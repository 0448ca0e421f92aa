import Foundation

/// The project as it stands on disk, found from where this file was compiled.
enum SourceTree {
    /// The project's root, symbolic links resolved.
    static let root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// A text file: its path below the root and its lines.
    struct File {
        let path: String
        let text: String

        /// The lines, without the empty one after the last newline.
        var lines: [Substring] {
            var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            if lines.last?.isEmpty == true { lines.removeLast() }
            return lines
        }

        /// The path from the top of the file system.
        var location: String { root.appendingPathComponent(path).path }

        /// `file:line: what`, the line counted from 1.
        func violation(_ index: Int, _ what: String) -> String {
            "\(path):\(index + 1): \(what)"
        }
    }

    /// Reads one file; nil where there is none.
    static func file(_ path: String) throws -> File? {
        let url = root.appendingPathComponent(path)
        guard FileManager.default.fileExists(atPath: url.path) else { return nil }
        return File(path: path, text: try String(contentsOf: url, encoding: .utf8))
    }

    /// Every file below a directory whose name ends in one of the suffixes, in order of path.
    static func files(below directory: String, suffixes: [String]) throws -> [File] {
        let base = root.appendingPathComponent(directory)
        let names = try FileManager.default.subpathsOfDirectory(atPath: base.path)
        return try names.sorted()
            .filter { name in suffixes.contains { name.hasSuffix($0) } }
            .compactMap { try file("\(directory)/\($0)") }
    }

    /// The Swift files of the program itself.
    static func sources() throws -> [File] {
        try files(below: "Sources", suffixes: [".swift"])
    }

    /// The shell scripts: what has a shell in its first line.
    static func scripts() throws -> [File] {
        let places = [
            "setup.sh", ".ci/run", "Tests/EndToEnd/run", "hooks/post-receive",
            "hooks/install-merge-driver", "Fuzz/run",
        ]
        let packaging = try trackedFiles().filter { $0.hasSuffix(".sh") && !places.contains($0) }
        return try (places + packaging).compactMap(file).filter { file in
            guard let first = file.lines.first, first.hasPrefix("#!") else { return false }
            return first.hasSuffix("sh")
        }
    }

    /// What git tracks; empty where the tree is not a checkout (a source archive).
    static func trackedFiles() throws -> [String] {
        let listing = try run("git", "-C", root.path, "ls-files", "-z")
        guard listing.status == 0 else { return [] }
        return listing.output.split(separator: "\0").map(String.init)
    }

    /// Runs a program to its end; gives its exit status, and its output with its errors.
    static func run(_ command: String...) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }
}
