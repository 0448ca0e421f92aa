import ArgumentParser
import Glibc
import SyncMerge
import SyncModel

/// `syncctl merge-driver`.
struct MergeDriver: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "merge-driver",
        abstract: "Merge three files by the rule of a type, as a git merge driver.",
        discussion: """
            TYPE is simple, document, data, memory, conversation, event, or auto: the attribute \
            'sync' of the .gitattributes files between here and PATH, or else what a vault would \
            do by default. The result is written to OURS. hooks/install-merge-driver sets a \
            repository up.

            Exit codes: 0 merged, 1 conflict, 64 wrong usage, 255 cannot read or write (git then \
            stops and merges nothing).
            """)

    @Flag(help: "Keep both sides' insertions at one place (as 'sync-append').")
    var append = false

    @Flag(help: "Leave OURS without markers in a conflict (as '-sync-markers').")
    var noMarkers = false

    @Argument(help: "The rule, or 'auto'.")
    var type: String

    @Argument(help: "The common ancestor (%O).")
    var base: String

    @Argument(help: "The current version (%A); takes the result.")
    var ours: String

    @Argument(help: "The other version (%B).")
    var theirs: String

    @Argument(help: "The file's path in the repository (%P).")
    var path: String?

    func validate() throws {
        let types = FileType.allCases.map(\.rawValue)
        guard type == "auto" || types.contains(type) else {
            throw ValidationError("'\(type)' is none of auto, \(types.joined(separator: ", "))")
        }
        guard type != "auto" || path != nil else {
            throw ValidationError("'auto' needs the file's PATH")
        }
        if let path, TreePath(path) == nil {
            throw ValidationError("'\(path)' is no path of a repository")
        }
    }

    func run() throws {
        let contents = try (
            base: Self.read(base), ours: Self.read(ours), theirs: Self.read(theirs)
        )
        let path = path.flatMap { TreePath($0) }
        let stamps = GitStamps(path: path, ours: contents.ours, theirs: contents.theirs)
        let result = ContentMerge.merge(
            base: contents.base, ContentSide(content: contents.ours, stamp: stamps.ours),
            ContentSide(content: contents.theirs, stamp: stamps.theirs),
            as: try rule(path, contents), path: path)
        for line in Self.words(result, path?.text ?? ours) { Output.message(line) }
        if let content = result.content, content != contents.ours {
            try Self.write(content, to: ours)
        }
        guard result.isClean, result.copies.isEmpty else { throw ExitCode(1) }
    }

    /// The rule: of the type, or of the attributes files from the top of the work tree, which is
    /// where git starts a driver, down to the path.
    private func rule(
        _ path: TreePath?, _ contents: (base: [UInt8], ours: [UInt8], theirs: [UInt8])
    ) throws -> FileRule {
        guard type == "auto", let path else {
            var rule = FileRule(FileType(rawValue: type) ?? .simple)
            rule.isAppendOnly = append && rule.type == .document
            rule.writesMarkers = !noMarkers
            rule.isProse = path.map { TypeRules.isProse($0) } ?? true
            rule.isLines = path.map { TypeRules.isLines($0) } ?? false
            return rule
        }
        var files: [(directory: TreePath?, content: [UInt8])] = []
        for directory in [nil] + path.ancestors.map(Optional.some) {
            let name = (directory.map { "\($0.text)/" } ?? "") + ".gitattributes"
            guard access(name, F_OK) == 0 else { continue }
            files.append((directory, try Self.read(name)))
        }
        return TypeRules(files: files).type(of: path) {
            (base: contents.base, sides: [contents.ours, contents.theirs])
        }.rule
    }

    /// What a person should know, a line each; many notes are cut short.
    private static func words(_ result: ContentResult, _ path: String) -> [String] {
        var lines: [String] = []
        if let fallback = result.fallback { lines.append("\(path): \(words(fallback))") }
        for loser in result.losers {
            let id = ObjectID(hashing: loser.content ?? [], as: .blob)
            lines.append("\(path): the later write wins; the other version is \(id.short)")
        }
        let notes = result.notes.filter { $0.kind != .fieldOverwritten }
        for note in notes.prefix(Limits.listedPaths) {
            lines.append("\(path): \(note.kind.rawValue) \(note.subject)")
        }
        let rest = notes.count - Limits.listedPaths
        if rest > 0 { lines.append("\(path): and \(rest) more of these") }
        return lines
    }

    private static func words(_ fallback: MergeFallback) -> String {
        switch fallback {
        case .tooLarge: "too large to be merged"
        case .binary: "binary"
        case .unparsable: "one version does not parse"
        case .shape: "the versions have no shape in common"
        case .text: "merged as a text: there are no records in it"
        case .markers: "the markers would be too long"
        }
    }

    private static func failure(_ work: String, _ file: String) -> Failure {
        Failure(255, "cannot \(work) \(file): \(String(cString: strerror(errno)))")
    }

    /// Reads a whole file, at most `Limits.fileSize` bytes.
    private static func read(_ file: String) throws -> [UInt8] {
        guard let stream = fopen(file, "r") else { throw failure("read", file) }
        defer { fclose(stream) }
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = fread(&block, 1, block.count, stream)
            bytes += block[..<count]
            if bytes.count > Limits.fileSize {
                throw Failure(255, "\(file) is larger than \(Limits.fileSize >> 20) MiB")
            }
            if count == 0 { break }
        }
        guard ferror(stream) == 0 else { throw failure("read", file) }
        return bytes
    }

    private static func write(_ bytes: [UInt8], to file: String) throws {
        guard let stream = fopen(file, "w") else { throw failure("write", file) }
        let count = fwrite(bytes, 1, bytes.count, stream)
        guard fclose(stream) == 0, count == bytes.count else { throw failure("write", file) }
    }
}
