import Glibc
import SyncModel
import Testing

@testable import SyncTree

extension Serial {
    @Suite struct InstallTests {
        let sandbox = Sandbox()

        /// Each way a folder can be changed: with all abilities and with each fallback.
        static let ways: [LocalFolder.Abilities] = [
            .init(), .init(openat2: false), .init(exchange: false),
            .init(openat2: false, exchange: false),
        ]

        @Test("a new file stands there with its directories, mode and time", arguments: ways)
        func new(way: LocalFolder.Abilities) throws {
            let folder = try sandbox.folder(abilities: way)
            let outcome = try folder.put("text", at: "a/b/c.txt")
            #expect(sandbox.text("a/b/c.txt") == "text")
            let stat = try #require(try folder.stat(path("a/b/c.txt")))
            #expect(outcome == .done(stat))
            #expect(stat.modified == commitTime.milliseconds * 1_000_000)
            #expect(stat.kind == .file(executable: false))
            #expect(try folder.put("#!", at: "tool", mode: .executable).isDone)
            #expect(try folder.stat(path("tool"))?.kind == .file(executable: true))
            #expect(try folder.put("../target", at: "link", mode: .symbolicLink).isDone)
            let link = try folder.read(path("link"))
            #expect(link.content == Array("../target".utf8))
            #expect(link.stat.modified == commitTime.milliseconds * 1_000_000)
            try folder.flush(directories: [path("a/b"), nil])
            #expect(sandbox.stagingNames.isEmpty)
        }

        @Test("the expected version is replaced and nothing is left behind", arguments: ways)
        func replacing(way: LocalFolder.Abilities) throws {
            for inside in [true, false] {
                sandbox.write("d/file", "old")
                let folder = try sandbox.folder(inside: inside, abilities: way)
                let outcome = try folder.put("new", at: "d/file", replacing: version("old"))
                #expect(outcome == .done(try folder.stat(path("d/file"))))
                #expect(sandbox.text("d/file") == "new")
                #expect(folder.displacedCount == 1)
                #expect(try folder.recheckDisplaced().isEmpty)
                #expect(folder.displacedCount == 0)
                #expect(sandbox.stagingNames.isEmpty)
                #expect(sandbox.names == ["d", "d/file"])
            }
        }

        @Test("another version, another mode or nothing there: it differs, and nothing is changed")
        func differs() throws {
            sandbox.write("file", "edited")
            sandbox.write("tool", "old", mode: 0o755)
            let folder = try sandbox.folder()
            #expect(try folder.put("new", at: "file", replacing: version("old")) == .differs)
            #expect(try folder.put("new", at: "tool", replacing: version("old")) == .differs)
            #expect(try folder.put("new", at: "none", replacing: version("old")) == .differs)
            #expect(try folder.put("new", at: "no/ne", replacing: version("old")) == .differs)
            #expect(try folder.put("new", at: "file") == .differs)
            symlink("old", sandbox.root + "/link")
            #expect(try folder.put("new", at: "link", replacing: version("old")) == .differs)
            #expect(try folder.put("new", at: "link") == .differs)
            mkfifo(sandbox.root + "/fifo", 0o644)
            #expect(try folder.put("new", at: "fifo") == .differs)
            #expect(try folder.put("new", at: "fifo", replacing: version("old")) == .differs)
            #expect(sandbox.text("file") == "edited" && sandbox.text("tool") == "old")
            #expect(sandbox.names == ["fifo", "file", "link", "tool"])
            #expect(sandbox.stagingNames.isEmpty && folder.displacedCount == 0)
        }

        @Test("a staged file that was refused can be tried again")
        func again() throws {
            sandbox.write("file", "edited")
            let folder = try sandbox.folder()
            let staged = try folder.stage("new")
            #expect(
                try folder.install(staged, at: path("file"), replacing: version("old")) == .differs)
            #expect(
                try folder.install(staged, at: path("file"), replacing: version("edited")).isDone)
            #expect(sandbox.text("file") == "new")
            #expect(throws: FolderError.self) {
                try folder.install(staged, at: path("file"), replacing: version("new"))
            }
        }

        @Test("an open writer makes it busy; an open reader is no hindrance")
        func busy() throws {
            sandbox.write("file", "old")
            let folder = try sandbox.folder()
            let writer = open(sandbox.root + "/file", O_RDWR)
            #expect(try folder.put("new", at: "file", replacing: version("old")) == .busy)
            #expect(try folder.remove(path("file"), expecting: version("old")) == .busy)
            #expect(
                try folder.setMode(path("file"), from: version("old"), to: .executable) == .busy)
            close(writer)
            let reader = open(sandbox.root + "/file", O_RDONLY)
            #expect(try folder.put("new", at: "file", replacing: version("old")).isDone)
            #expect(try folder.recheckDisplaced().isEmpty)
            #expect(sandbox.stagingNames.isEmpty)
            var bytes = [UInt8](repeating: 0, count: 8)
            #expect(read(reader, &bytes, 8) == 3, "a reader goes on reading what it opened")
            close(reader)
        }

        @Test("directories in the way: an empty one goes, a full one obstructs, a file obstructs")
        func obstructed() throws {
            mkdir(sandbox.root + "/empty", 0o755)
            sandbox.write("full/file", "x")
            let folder = try sandbox.folder()
            #expect(try folder.put("new", at: "empty").isDone)
            #expect(sandbox.text("empty") == "new")
            #expect(try folder.put("new", at: "full") == .obstructed)
            #expect(try folder.put("new", at: "full", replacing: version("old")) == .obstructed)
            #expect(try folder.remove(path("full"), expecting: version("old")) == .obstructed)
            #expect(try folder.put("new", at: "full/file/below") == .obstructed)
            #expect(sandbox.text("full/file") == "x")
            mkdir(sandbox.root + "/hollow", 0o755)
            #expect(try folder.put("new", at: "hollow", replacing: version("old")) == .differs)
        }

        @Test("links are replaced by files and files by links", arguments: ways)
        func links(way: LocalFolder.Abilities) throws {
            let folder = try sandbox.folder(abilities: way)
            #expect(try folder.put("to", at: "a", mode: .symbolicLink).isDone)
            #expect(try folder.put("file", at: "a", replacing: version("to", .symbolicLink)).isDone)
            #expect(sandbox.text("a") == "file")
            #expect(
                try folder.put("back", at: "a", replacing: version("file"), mode: .symbolicLink)
                    .isDone)
            #expect(try folder.read(path("a")).mode == .symbolicLink)
            #expect(try folder.recheckDisplaced().isEmpty)
            #expect(try folder.remove(path("a"), expecting: version("back", .symbolicLink)).isDone)
            #expect(try folder.recheckDisplaced().isEmpty)
            #expect(sandbox.names.isEmpty && sandbox.stagingNames.isEmpty)
        }

        @Test("a private file stays private when a new version comes")
        func permissions() throws {
            sandbox.write("secret", "old", mode: 0o600)
            let folder = try sandbox.folder()
            #expect(try folder.put("new", at: "secret", replacing: version("old")).isDone)
            var now = stat()
            lstat(sandbox.root + "/secret", &now)
            #expect(now.st_mode & 0o7777 == 0o600)
            #expect(
                try folder.put("run", at: "secret", replacing: version("new"), mode: .executable)
                    .isDone)
            lstat(sandbox.root + "/secret", &now)
            #expect(now.st_mode & 0o7777 == 0o700)
        }

        @Test("who may run a file stays who may", arguments: [0o711, 0o744, 0o750] as [mode_t])
        func runners(mode: mode_t) throws {
            sandbox.write("tool", "old", mode: mode)
            chmod(sandbox.root + "/tool", mode)
            let folder = try sandbox.folder()
            let old = version("old", .executable)
            #expect(try folder.put("new", at: "tool", replacing: old, mode: .executable).isDone)
            var now = stat()
            lstat(sandbox.root + "/tool", &now)
            #expect(now.st_mode & 0o7777 == mode)
        }

        @Test("removing takes the expected version away, and nothing else", arguments: ways)
        func removing(way: LocalFolder.Abilities) throws {
            sandbox.write("d/file", "old")
            sandbox.write("d/edited", "edited")
            let folder = try sandbox.folder(abilities: way)
            #expect(try folder.remove(path("d/file"), expecting: version("old")) == .done(nil))
            #expect(try folder.remove(path("d/edited"), expecting: version("old")) == .differs)
            #expect(try folder.remove(path("d/none"), expecting: version("old")) == .done(nil))
            #expect(try folder.recheckDisplaced().isEmpty)
            #expect(sandbox.names == ["d", "d/edited"] && sandbox.stagingNames.isEmpty)
            try folder.removeDirectoryIfEmpty(path("d"))
            #expect(sandbox.names.count == 2)
            unlink(sandbox.root + "/d/edited")
            try folder.removeDirectoryIfEmpty(path("d"))
            try folder.removeDirectoryIfEmpty(path("d"))
            #expect(sandbox.names.isEmpty)
        }

        @Test("the executable bit changes in place, for the expected version only")
        func mode() throws {
            sandbox.write("file", "x", mode: 0o640)
            let folder = try sandbox.folder()
            let before = try #require(try folder.stat(path("file")))
            let outcome = try folder.setMode(path("file"), from: version("x"), to: .executable)
            let after = try #require(try folder.stat(path("file")))
            #expect(outcome == .done(after))
            #expect(after.inode == before.inode && after.kind == .file(executable: true))
            var now = stat()
            lstat(sandbox.root + "/file", &now)
            #expect(now.st_mode & 0o7777 == 0o750)
            #expect(
                try folder.setMode(path("file"), from: version("x"), to: .executable) == .differs)
            #expect(
                try folder.setMode(path("file"), from: version("x", .executable), to: .regular)
                    .isDone)
            #expect(try folder.setMode(path("no"), from: version("x"), to: .regular) == .differs)
        }

        @Test("many staged files are made durable and discarded alike")
        func flushing() throws {
            for inside in [true, false] {
                let folder = try sandbox.folder(inside: inside)
                let staged = try (0..<40).map { try folder.stage("\($0)") }
                try folder.flush(staged)
                try folder.flush(Array(staged.prefix(3)))
                for file in staged { folder.discard(file) }
                #expect(sandbox.stagingNames.isEmpty)
                #expect(sandbox.names.isEmpty)
            }
        }

        @Test(
            "only what git stores as a file can be staged",
            arguments: [FileMode.directory, .submodule])
        func modes(mode: FileMode) throws {
            let folder = try sandbox.folder()
            #expect(throws: FolderError.self) { try folder.stage("x", mode) }
        }

        @Test(
            "a staging directory on another file system is not used",
            .enabled(if: canMount, "mounting needs root"))
        func otherFileSystem() throws {
            mkdir(sandbox.state, 0o755)
            let folder = try LocalFolder(
                root: sandbox.root, stagingPreferred: "/dev/shm/\(getpid())")
            defer { run("/bin/rm", "-rf", "/dev/shm/\(getpid())") }
            let staged = try folder.stage("x")
            #expect(sandbox.names.contains { $0.hasPrefix(".syncd-staging-") })
            #expect(try folder.install(staged, at: path("x"), replacing: nil).isDone)
            #expect(sandbox.names == ["x"])
            // The same file system by another mount cannot be renamed across either.
            guard run("/bin/mount", "--bind", sandbox.state, sandbox.state) == 0 else { return }
            defer { run("/bin/umount", sandbox.state) }
            let bound = try sandbox.folder()
            #expect(try bound.put("y", at: "y").isDone)
            #expect(sandbox.names == ["x", "y"])
        }

        @Test(
            "a full disk is told as such and changes nothing",
            .enabled(if: canMount, "mounting needs root"))
        func noSpace() throws {
            #expect(run("/bin/mount", "-t", "tmpfs", "-o", "size=64k", "none", sandbox.root) == 0)
            defer { run("/bin/umount", "-l", sandbox.root) }
            sandbox.write("file", "old")
            let folder = try sandbox.folder()
            do {
                _ = try folder.stage(String(repeating: "x", count: 200_000))
                Issue.record("was staged")
            } catch let error as FolderError { #expect(error.code == .noSpace) }
            #expect(sandbox.text("file") == "old" && sandbox.names == ["file"])
            #expect(try folder.put("new", at: "file", replacing: version("old")).isDone)
        }

        @Test(
            "a read-only file system is told as such", .enabled(if: canMount, "mounting needs root")
        )
        func readOnly() throws {
            sandbox.write("file", "old")
            #expect(run("/bin/mount", "--bind", sandbox.root, sandbox.root) == 0)
            #expect(run("/bin/mount", "-o", "remount,ro,bind", sandbox.root) == 0)
            defer { run("/bin/umount", "-l", sandbox.root) }
            let folder = try sandbox.folder()
            #expect(try folder.readText("file") == "old")
            do {
                _ = try folder.put("new", at: "file", replacing: version("old"))
                Issue.record("was written")
            } catch let error as FolderError {
                #expect(error.code == .readOnlyFileSystem)
            }
            #expect(sandbox.text("file") == "old")
        }
    }
}
