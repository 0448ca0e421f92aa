import Glibc
import SyncModel
import Testing

@testable import SyncTree

extension Serial {
    /// File systems on which all files look alike, executable or not.
    @Suite struct ExecutableBitTests {
        let sandbox = Sandbox()
        private let none = LocalFolder.Abilities(modes: false)

        private func state() throws -> stat {
            var now = stat()
            #expect(lstat(sandbox.root + "/file", &now) == 0)
            return now
        }

        @Test(
            "what is known of a file system",
            arguments: [
                0x4d44: false, 0x2011_bab0: false, 0x7366_746e: false, 0x6573_5546: nil,
                0x4244: nil, 0xff53_4d42: nil, 0xfe53_4d42: nil, 0xef53: true, 0x9123_683e: true,
                0: true,
            ] as [UInt32: Bool?])
        func known(fileSystem: UInt32, isKept: Bool?) {
            #expect(ExecutableBit.isKept(on: fileSystem) == isKept)
        }

        @Test("a trial tells, and leaves nothing behind", arguments: [true, false])
        func trial(inside: Bool) throws {
            let folder = try sandbox.folder(inside: inside)
            #expect(folder.abilities.modes)
            #expect(try ExecutableBit.isKept(in: folder.staging))
            #expect(sandbox.names.isEmpty && sandbox.stagingNames.isEmpty)
        }

        @Test("where nothing can be tried, files that differ tell", arguments: [true, false])
        func untried(areUnlike: Bool) throws {
            sandbox.write("a", "x", mode: 0o755)
            sandbox.write("b", "x", mode: areUnlike ? 0o644 : 0o755)
            let folder = try sandbox.folder()
            #expect(ExecutableBit.areUnlike(in: folder.root) == areUnlike)
        }

        @Test("no stat and no read says that a file is executable, and a link stays one")
        func unseen() throws {
            sandbox.write("file", "x", mode: 0o755)
            symlink("file", sandbox.root + "/link")
            let folder = try sandbox.folder(abilities: none)
            #expect(try folder.stat(path("file"))?.kind == .file(executable: false))
            let kinds = try folder.list(nil).map(\.stat.kind)
            #expect(Set(kinds) == [.file(executable: false), .symbolicLink])
            let snapshot = try folder.read(path("file"))
            #expect(snapshot.stat == (try folder.stat(path("file"))))
            #expect(snapshot.version(like: nil) == version("x"))
            let known = version("before", .executable)
            #expect(snapshot.version(like: known) == version("x", .executable))
            let link = try folder.read(path("link"))
            #expect(link.version(like: known) == version("file", .symbolicLink))
        }

        @Test(
            "a mode is set whatever stands there, of the expected version only",
            arguments: [0o755, 0o644])
        func setMode(permissions: mode_t) throws {
            sandbox.write("file", "x", mode: permissions)
            let folder = try sandbox.folder(abilities: none)
            for (old, new) in [(FileMode.executable, FileMode.regular), (.regular, .executable)] {
                let outcome = try folder.setMode(path("file"), from: version("x", old), to: new)
                #expect(try outcome == .done(folder.stat(path("file"))))
                #expect(try folder.stat(path("file"))?.kind == .file(executable: false))
            }
            // A file system that keeps it after all has it.
            #expect(try state().st_mode & 0o100 != 0)
            #expect(
                try folder.setMode(path("file"), from: version("y"), to: .executable) == .differs)
        }

        @Test(
            "what stands there is the expected version whatever its mode, and is known afterwards",
            arguments: [true, false])
        func apply(exchange: Bool) throws {
            sandbox.write("file", "old", mode: 0o755)
            let folder = try sandbox.folder(
                abilities: .init(exchange: exchange, modes: false))
            #expect(try folder.put("new", at: "file", replacing: version("old")).isDone)
            #expect(try folder.replacements() == [path("file"): version("new")])
            let next = version("next", .executable)
            #expect(
                try folder.put("next", at: "file", replacing: version("new"), mode: .executable)
                    .isDone)
            #expect(try folder.remove(path("file"), expecting: version("new")) == .differs)
            #expect(try folder.remove(path("file"), expecting: next) == .done(nil))
            #expect(try folder.recheckDisplaced().isEmpty)
            #expect(folder.displacedCount == 0 && sandbox.stagingNames.isEmpty)
        }

        @Test("an edit of what was displaced is as executable as what it was made on")
        func displaced() throws {
            sandbox.write("file", "old", mode: 0o644)
            let folder = try sandbox.folder(abilities: none)
            link(sandbox.root + "/file", sandbox.base + "/door")
            let old = version("old", .executable)
            #expect(
                try folder.put("new", at: "file", replacing: old, mode: .executable).isDone)
            let door = open(sandbox.base + "/door", O_WRONLY | O_APPEND)
            write(door, "+1", 2)
            close(door)
            let edit = try #require(try folder.recheckDisplaced().first)
            #expect(edit.base == old)
            #expect(edit.snapshot.version(like: edit.base) == version("old+1", .executable))
            try folder.forget(edit)
            #expect(try folder.recheckDisplaced().isEmpty && sandbox.stagingNames.isEmpty)
        }
    }
}
