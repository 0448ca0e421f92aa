import Foundation
import SyncModel
import Testing

@testable import SyncArchive

@Suite("An archive of files")
struct ArchiveTests {
    private let top = "/tmp/archive-\(UInt32.random(in: .min ... .max))"
    private var file: String { top + "/a.tar.zst" }

    init() throws {
        try FileManager.default.createDirectory(
            atPath: top + "/from", withIntermediateDirectories: true)
    }

    private func remove() throws { try FileManager.default.removeItem(atPath: top) }

    private func path(_ text: String) throws -> TreePath { try #require(TreePath(text)) }

    /// Writes what it is given into an archive, and gives what `tar` makes of it.
    private func tar() throws -> Data {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        try FileManager.default.createDirectory(
            atPath: top + "/tar", withIntermediateDirectories: true)
        process.arguments = [
            "sh", "-c", "zstd -dcq '\(file)' | tar -xf - -C '\(top)/tar' && tar --version",
        ]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let said = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return said
    }

    @Test("holds files of any length and name as they stand, for us and for tar")
    func roundTrip() throws {
        defer { #expect(throws: Never.self) { try remove() } }
        let long = (0..<9).map { "\($0)-" + String(repeating: "n", count: 60) }
            .joined(separator: "/")
        var contents: [String: Data] = ["empty": Data(), "umlaut-ä.md": Data("x".utf8)]
        for size in [1, 511, 512, 513, 300_000] {
            contents["size-\(size)"] = Data((0..<size).map { UInt8(truncatingIfNeeded: $0 * 31) })
        }
        contents[long] = Data("deep".utf8)
        let writer = try ArchiveWriter(file)
        for (name, content) in contents.sorted(by: { $0.key < $1.key }) {
            let source = "\(top)/from/\(abs(name.hashValue))"
            try content.write(to: URL(filePath: source))
            #expect(try writer.add(path(name), from: Array(source.utf8)).isEmpty)
        }
        let link = top + "/from/link"
        let target = String(repeating: "t/", count: 80)
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: target)
        #expect(try writer.add(path("a/link"), from: Array(link.utf8)).isEmpty)
        #expect(try writer.add(path("gone"), from: Array("\(top)/from/gone".utf8)).isEmpty)
        #expect(writer.count == contents.count + 1)
        #expect(try writer.finish() > 0)

        #expect(try ArchiveReader(file).extract(into: top + "/ours") == contents.count + 1)
        _ = try tar()
        for place in ["ours", "tar"] {
            for (name, content) in contents {
                let found = try Data(contentsOf: URL(filePath: "\(top)/\(place)/\(name)"))
                #expect(found == content, "\(place)/\(name)")
            }
            let found = try FileManager.default.destinationOfSymbolicLink(
                atPath: "\(top)/\(place)/a/link")
            #expect(found == target)
        }
    }

    @Test("has nothing of a file that cannot be read, and all of a directory")
    func directories() throws {
        defer { #expect(throws: Never.self) { try remove() } }
        let files = FileManager.default
        try files.createDirectory(atPath: top + "/from/d/e", withIntermediateDirectories: true)
        try Data("f".utf8).write(to: URL(filePath: top + "/from/d/e/f"))
        #expect(mkfifo(top + "/from/d/pipe", 0o600) == 0)
        let writer = try ArchiveWriter(file)
        #expect(try writer.add(path("d"), from: Array("\(top)/from/d".utf8)).isEmpty)
        // It is there already.
        let again = Array("\(top)/from/d/e/f".utf8)
        #expect(try writer.add(path("d/e/f"), from: again).isEmpty)
        // Reading from its beginning fails: nothing is mapped there.
        let broken = Array("/proc/self/mem".utf8)
        #expect(try writer.add(path("m"), from: broken) == [path("m")])
        #expect(writer.count == 1)
        _ = try writer.finish()
        #expect(try ArchiveReader(file).extract(into: top + "/ours") == 1)
        let found = try Data(contentsOf: URL(filePath: top + "/ours/d/e/f"))
        #expect(found == Data("f".utf8))
    }

    @Test("gives another one what it has at some paths")
    func copy() throws {
        defer { #expect(throws: Never.self) { try remove() } }
        let long = String(repeating: "n/", count: 80) + "n"
        let contents = [
            "a": Data("a".utf8), "b": Data((0..<600_000).map { UInt8(truncatingIfNeeded: $0) }),
            "c": Data(count: 512), long: Data("long".utf8),
        ]
        let source = top + "/from/a"
        let first = try ArchiveWriter(top + "/first.tar.zst")
        for (name, content) in contents {
            try content.write(to: URL(filePath: source))
            #expect(try first.add(path(name), from: Array(source.utf8)).isEmpty)
        }
        try FileManager.default.createSymbolicLink(
            atPath: top + "/from/link", withDestinationPath: "a")
        #expect(try first.add(path("link"), from: Array("\(top)/from/link".utf8)).isEmpty)
        _ = try first.finish()

        let writer = try ArchiveWriter(file)
        try Data("new".utf8).write(to: URL(filePath: source))
        #expect(try writer.add(path("a"), from: Array(source.utf8)).isEmpty)
        let kept = try ["b", "link", long].map { try path($0) }
        try ArchiveReader(top + "/first.tar.zst").copy(to: writer) { kept.contains($0) }
        #expect(writer.count == 4)
        _ = try writer.finish()
        _ = try tar()
        #expect(try ArchiveReader(file).extract(into: top + "/ours") == 4)
        for place in ["ours", "tar"] {
            let read = { (name: String) in
                try Data(contentsOf: URL(filePath: "\(top)/\(place)/\(name)"))
            }
            #expect(try read("a") == Data("new".utf8))
            #expect(try read("b") == contents["b"])
            #expect(try read(long) == contents[long])
            let link = try FileManager.default.destinationOfSymbolicLink(
                atPath: "\(top)/\(place)/link")
            #expect(link == "a")
            #expect(!FileManager.default.fileExists(atPath: "\(top)/\(place)/c"))
        }
    }

    @Test("that is damaged or cut short anywhere ends with words, and nothing is replaced")
    func damage() throws {
        defer { #expect(throws: Never.self) { try remove() } }
        let source = top + "/from/a"
        try Data((0..<70_000).map { _ in UInt8.random(in: 0...255) })
            .write(to: URL(filePath: source))
        let writer = try ArchiveWriter(file)
        #expect(try writer.add(path("d/a"), from: Array(source.utf8)).isEmpty)
        let size = try writer.finish()
        let whole = try Data(contentsOf: URL(filePath: file))
        for (number, cut) in [0, 1, 100, size / 2, size - 1].enumerated() {
            try whole.prefix(cut).write(to: URL(filePath: file))
            let into = "\(top)/cut-\(number)"
            #expect(throws: ArchiveError.self) { try ArchiveReader(file).extract(into: into) }
        }
        var flipped = whole
        flipped[size / 2] ^= 1
        try flipped.write(to: URL(filePath: file))
        #expect(throws: ArchiveError.self) {
            try ArchiveReader(file).extract(into: top + "/flipped")
        }
        try whole.write(to: URL(filePath: file))
        #expect(try ArchiveReader(file).extract(into: top + "/once") == 1)
        #expect(throws: ArchiveError.self) { try ArchiveReader(file).extract(into: top + "/once") }
    }

    @Test("reaches nothing outside its directory")
    func hostile() throws {
        defer { #expect(throws: Never.self) { try remove() } }
        for name in ["../out", "/out", "a/../../out", "", "a//b"] {
            let output = try ZstdWriter(file)
            try output.write(header(name, .file).blocks)
            _ = try output.finish()
            #expect(throws: ArchiveError.self, "\(name)") {
                try ArchiveReader(file).extract(into: top + "/into")
            }
        }
        // A link first, and a file through it.
        let output = try ZstdWriter(file)
        var link = header("d", .link)
        link.target = Array(top.utf8)
        try output.write(link.blocks + header("d/out", .file).blocks)
        _ = try output.finish()
        #expect(throws: ArchiveError.self) { try ArchiveReader(file).extract(into: top + "/link") }
        #expect(!FileManager.default.fileExists(atPath: top + "/out"))
    }

    @Test(
        "says of every time when it was, to us and to tar",
        arguments: [
            0, -1, -2_147_483_653, -62_135_596_801, 1 << 32, (1 << 33) - 1, 1 << 33,
            9_214_646_400, 253_402_300_800, .max, .min,
        ] as [Int64])
    func times(_ seconds: Int64) throws {
        defer { #expect(throws: Never.self) { try remove() } }
        var file = header("a", .file)
        file.modified = seconds
        let output = try ZstdWriter(self.file)
        try output.write(file.blocks)
        _ = try output.finish()
        // As it is taken into another archive.
        let other = top + "/other.tar.zst"
        let writer = try ArchiveWriter(other)
        try ArchiveReader(self.file).copy(to: writer) { _ in true }
        _ = try writer.finish()
        for archive in [self.file, other] {
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/env")
            let script =
                "import sys, tarfile, subprocess\n"
                + "raw = subprocess.run(['zstd', '-dcq', sys.argv[1]], capture_output=True)\n"
                + "import io\n"
                + "found = tarfile.open(fileobj=io.BytesIO(raw.stdout)).getmember('a')\n"
                + "pax = found.pax_headers.get('mtime')\n"
                + "print(pax if pax else found.mtime)\n"
            process.arguments = ["python3", "-c", script, archive]
            let said = Pipe()
            process.standardOutput = said
            try process.run()
            let text = try said.fileHandleForReading.readToEnd() ?? Data()
            process.waitUntilExit()
            #expect(String(decoding: text, as: UTF8.self) == "\(seconds)\n")
        }
    }

    @Test("takes names up to its bound")
    func names() throws {
        defer { #expect(throws: Never.self) { try remove() } }
        let most = Limits.archiveRecordBytes
        for (size, isRead) in [(most, true), (most + 1, false)] {
            let output = try ZstdWriter(file)
            var extended = header("pax", .extended)
            extended.size = size
            let record = Array("\(size) comment=".utf8)
            let filled = record + [UInt8](repeating: 0x78, count: size - record.count - 1) + [0x0a]
            try output.write(
                extended.blocks + filled + TarHeader.padding(size) + header("a", .file).blocks)
            _ = try output.finish()
            let into = "\(top)/\(size)"
            if isRead {
                #expect(try ArchiveReader(file).extract(into: into) == 1)
            } else {
                #expect(throws: ArchiveError.self) { try ArchiveReader(file).extract(into: into) }
            }
        }
    }

    private func header(_ path: String, _ kind: TarHeader.Kind) -> TarHeader {
        TarHeader(path: Array(path.utf8), kind: kind, mode: 0o644, size: 0, modified: 0)
    }
}
