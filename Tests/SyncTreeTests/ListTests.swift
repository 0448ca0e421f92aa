import Foundation
import Glibc
import SyncModel
import Testing

@testable import SyncTree

extension Serial {
    @Suite struct ListTests {
        let sandbox = Sandbox()

        private func names(_ folder: LocalFolder, _ directory: String? = nil) throws -> [String] {
            try folder.list(directory.map(path))
                .map { String(decoding: $0.name, as: UTF8.self) }.sorted()
        }

        @Test("every kind of entry is listed with its stat", arguments: [true, false])
        func kinds(openat2: Bool) throws {
            sandbox.write("d/file", "12345")
            sandbox.write("d/tool", "", mode: 0o755)
            mkdir(sandbox.root + "/d/sub", 0o755)
            symlink("nowhere", sandbox.root + "/d/link")
            mkfifo(sandbox.root + "/d/pipe", 0o644)
            let folder = try sandbox.folder(abilities: .init(openat2: openat2))
            let entries = try folder.list(path("d"))
            let kinds = Dictionary(
                uniqueKeysWithValues: entries.map {
                    (String(decoding: $0.name, as: UTF8.self), $0.stat.kind)
                })
            #expect(
                kinds == [
                    "file": .file(executable: false), "tool": .file(executable: true),
                    "sub": .directory, "link": .symbolicLink, "pipe": .special,
                ])
            #expect(entries.first { $0.name == Array("file".utf8) }?.stat.size == 5)
            #expect(try names(folder) == ["d"])
        }

        @Test("more entries than one read of the directory takes are all listed, once")
        func many() throws {
            mkdir(sandbox.root + "/d", 0o755)
            let wanted = (0..<5_000).map { "file-with-a-longer-name-\($0)" }
            for name in wanted { close(creat(sandbox.root + "/d/" + name, 0o644)) }
            #expect(try names(sandbox.folder(), "d") == wanted.sorted())
        }

        @Test("a missing directory, a file and a link to a directory are not found")
        func missing() throws {
            sandbox.write("file", "x")
            symlink("/etc", sandbox.root + "/link")
            let folder = try sandbox.folder()
            for name in ["none", "file", "link", "link/ssl"] {
                do {
                    _ = try folder.list(path(name))
                    Issue.record("\(name) was listed")
                } catch { #expect(error.code == .notFound, "\(name): \(error)") }
            }
        }

        @Test("staging in the folder is left out at the root, and only there")
        func staging() throws {
            sandbox.write("sub/.syncd-staging", "mine")
            let folder = try sandbox.folder(inside: true)
            let staged = try folder.stage("x")
            #expect(sandbox.names.contains(".syncd-staging"))
            #expect(try names(folder) == ["sub"])
            #expect(try names(folder, "sub") == [".syncd-staging"])
            folder.discard(staged)
            #expect(!sandbox.names.contains(".syncd-staging"))
        }

        @Test("a directory nobody may read is unreadable", .enabled(if: isRoot, "needs root"))
        func unreadable() throws {
            mkdir(sandbox.root + "/d", 0o700)
            chmod(sandbox.base, 0o755)
            let folder = try sandbox.folder()
            asNobody {
                do throws(FolderError) {
                    _ = try folder.list(path("d"))
                    Issue.record("was listed")
                } catch { #expect(error.code == .unreadable) }
            }
        }

        static let weird: [[UInt8]] = [
            [0xff, 0xfe, 0x41], Array("new\nline".utf8), Array("-rf".utf8), Array(" ".utf8),
            Array("tab\there".utf8), [1, 2, 3], Array("ünïcödé".utf8), Array("back\\slash".utf8),
            [UInt8](repeating: 0x61, count: 255), [0xc3], Array("...".utf8), Array("*?[".utf8),
        ]

        @Test("names are bytes: listed, read, replaced and removed as they are", arguments: weird)
        func weirdNames(name: [UInt8]) throws {
            let folder = try sandbox.folder()
            let place = try #require(TreePath(Array("dir/".utf8) + name))
            let staged = try folder.stage("one")
            #expect(try folder.install(staged, at: place, replacing: nil).isDone)
            #expect(try folder.list(path("dir")).map(\.name) == [name])
            #expect(try folder.read(place).content == Array("one".utf8))
            let next = try folder.stage("two")
            #expect(try folder.install(next, at: place, replacing: version("one")).isDone)
            #expect(try folder.recheckDisplaced().isEmpty)
            #expect(try folder.remove(place, expecting: version("two")).isDone)
            #expect(try folder.recheckDisplaced().isEmpty)
            #expect(try folder.list(path("dir")).isEmpty)
            #expect(sandbox.stagingNames.isEmpty)
        }

        @Test(
            "paths far longer than PATH_MAX work, up to the limit of depth",
            arguments: [true, false])
        func deep(openat2: Bool) throws {
            let folder = try sandbox.folder(abilities: .init(openat2: openat2))
            let names = [String](repeating: "a-name-of-some-length", count: 500)
            let place = path(names.joined(separator: "/") + "/file")
            #expect(place.bytes.count > 2 * 4096)
            let staged = try folder.stage("deep")
            #expect(try folder.install(staged, at: place, replacing: nil).isDone)
            #expect(try folder.read(place).content == Array("deep".utf8))
            #expect(try folder.list(place.parent).map(\.name) == [Array("file".utf8)])
            let next = try folder.stage("deeper")
            #expect(try folder.install(next, at: place, replacing: version("deep")).isDone)
            #expect(try folder.recheckDisplaced().isEmpty)
            #expect(sandbox.stagingNames.isEmpty)
            try folder.flush(directories: [place.parent])

            let tooDeep = path(
                [String](repeating: "d", count: Limits.pathDepth + 2).joined(separator: "/"))
            #expect(try folder.stat(tooDeep) == nil, "what no file can be called is not there")
            do {
                _ = try folder.read(tooDeep)
                Issue.record("no limit")
            } catch { #expect(error.code == .unreadable) }
        }
    }
}
