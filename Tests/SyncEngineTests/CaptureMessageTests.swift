import SyncModel
import SyncTestKit
import Testing

@testable import SyncEngine

@Suite("The message of a capture")
struct CaptureMessageTests {
    private static let time = Timestamp(milliseconds: 1_795_233_688_509)

    /// A change as `+path content`, `-path content`, `~path` or, of an empty directory, with `/`.
    private static func change(_ text: String) throws -> TreeChange {
        let words = text.dropFirst().split(separator: "=", maxSplits: 1)
        let isDirectory = words[0].hasSuffix("/")
        let name = isDirectory ? words[0].dropLast() : words[0]
        let content = words.count > 1 ? String(words[1]) : "of \(name)"
        let version =
            isDirectory
            ? FileVersion.emptyDirectory
            : FileVersion(
                mode: .regular, id: ObjectID(hashing: Array(content.utf8), as: .blob))
        let other = isDirectory ? version : FileVersion(mode: .executable, id: version.id)
        return TreeChange(
            path: try StateSamples.path(String(name)), before: text.first == "+" ? nil : other,
            after: text.first == "-" ? nil : version)
    }

    private static func lines(_ changes: [String]) throws -> [String] {
        CaptureMessage.text(try changes.map { try change($0) }, device: "linden", time: time)
            .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    @Test(
        "begins with what happened",
        arguments: [
            (["+a.md"], "added a.md"), (["-a.md"], "deleted a.md"), (["~a.md"], "a.md"),
            (["+notes/"], "added notes/"), (["-notes/"], "deleted notes/"),
            (["-a.md=x", "+b.md=x"], "renamed a.md to b.md"),
            (["+b.md=x", "-a.md=x"], "renamed a.md to b.md"),
            (["-n/a.md=x", "+m/b.md=x"], "renamed n/a.md to m/b.md"),
            (["-a.md=x", "+b.md=y"], "2 files"), (["-a=x", "+b=x", "~c"], "3 files"),
            (["-old/a=x", "-old/b=y", "+new/a=x", "+new/b=y"], "moved 2 files from old/ to new/"),
            (["-d/a=x", "-d/b=y", "+d/c=x", "+d/e=y"], "4 files in d/"),
            (["-a=x", "-b=y", "+d/a=x", "+d/b=y"], "4 files"),
            (["-old/a=x", "+new/a=x", "+new/b=x"], "3 files"),
            (["+n/a", "+n/b"], "added 2 files in n/"),
            (["+n/d/a", "+n/e/b"], "added 2 files in n/"),
            (["+a", "+b"], "added 2 files"), (["-n/a", "-n/b"], "deleted 2 files in n/"),
            (["~n/a", "-n/b"], "2 files in n/"), (["+n/a", "+na"], "added 2 files"),
            // A directory that was empty and got a file is not named beside the file.
            (["-n/", "+n/a"], "added n/a"), (["+n/", "-n/a"], "deleted n/a"),
        ])
    func subject(changes: [String], subject: String) throws {
        #expect(try Self.lines(changes)[0] == subject)
    }

    @Test(
        "lists up to twenty paths in their order, and counts the rest",
        arguments: [2, 20, 21, 5000])
    func list(count: Int) throws {
        let changes = (0..<count).map { "+\(90_000 - $0)" }
        let lines = try Self.lines(changes)
        let listed = lines.filter { $0.hasPrefix("A ") }
        #expect(listed == (0..<min(count, 20)).map { "A \(90_001 - count + $0)" })
        let more = lines.filter { $0.hasPrefix("…") }
        #expect(more == (count > 20 ? ["… and \(count == 21 ? "1" : "4,980") more"] : []))
        #expect(lines[0] == "added \(count == 5000 ? "5,000" : "\(count)") files")
    }

    @Test("says of each path what became of it")
    func letters() throws {
        let lines = try Self.lines(["~m", "+a", "-d", "+e/"])
        #expect(lines[2..<6] == ["A a", "D d", "A e/", "M m"])
    }

    @Test(
        "is one line for each path, and no path looks like a trailer",
        arguments: ["a\nSync-Device: other", "\u{1b}[31mred", "a\rb", "tab\t", "\u{202e}gnp"])
    func odd(name: String) throws {
        for changes in [["+\(name)"], ["+\(name)", "~b"], ["-\(name)=x", "+b=x"]] {
            let text = try Self.lines(changes).joined(separator: "\n")
            let unsafe = text.unicodeScalars.filter { $0 != "\n" && $0.value < 0x20 }
            #expect(unsafe.isEmpty && !text.contains("\u{202e}"))
            let author = Signature(name: "a", email: "b", seconds: 0)
            let commit = Commit(
                tree: Tree.emptyID, parents: [], author: author, committer: author, message: text)
            #expect(commit.trailer("Sync-Device") == "linden")
            #expect(commit.trailer("Sync-HLC") == "1795233688509")
        }
    }

    @Test("of something that somebody asked for has their words and the trailers")
    func asked() {
        #expect(
            CaptureMessage.text(asked: "restored a.md", device: "linden", time: Self.time)
                == "restored a.md\n\nSync-Device: linden\nSync-HLC: 1795233688509\n"
                + "Sync-Version: \(Version.text)\n")
    }
}
