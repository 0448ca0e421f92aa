import Glibc
import SyncModel
import Testing

@testable import SyncTree

extension Serial {
    @Suite struct ReadTests {
        let sandbox = Sandbox()

        /// Each way a folder can be read: with all abilities and with each fallback.
        static let ways: [LocalFolder.Abilities] = [
            .init(), .init(openat2: false), .init(leases: false),
            .init(openat2: false, leases: false),
        ]

        /// Without leases a file of this very moment counts as busy.
        private func readSettled(_ folder: LocalFolder, _ name: String) throws -> FileSnapshot {
            for _ in 0..<1_000_000 {
                do { return try folder.read(path(name)) } catch {
                    guard error.code == .busy else { throw error }
                }
            }
            return try folder.read(path(name))
        }

        @Test("a file's content, mode and stat belong together", arguments: ways)
        func reading(way: LocalFolder.Abilities) throws {
            sandbox.write("a/b/file", "hello")
            sandbox.write("run.sh", "#!/bin/sh\n", mode: 0o755)
            let folder = try sandbox.folder(abilities: way)
            let file = try readSettled(folder, "a/b/file")
            #expect(file.content == Array("hello".utf8))
            #expect(file.mode == .regular)
            #expect(file.stat.size == 5)
            #expect(try folder.stat(path("a/b/file")) == file.stat)
            #expect(try readSettled(folder, "run.sh").mode == .executable)
        }

        @Test("an empty file has no bytes")
        func empty() throws {
            sandbox.write("empty", "")
            let snapshot = try sandbox.folder().read(path("empty"))
            #expect(snapshot.content.isEmpty && snapshot.stat.size == 0)
        }

        @Test("a link is read as its target, never followed", arguments: ways)
        func links(way: LocalFolder.Abilities) throws {
            symlink("/etc/passwd", sandbox.root + "/link")
            let long = String(repeating: "x", count: 4000)
            symlink(long, sandbox.root + "/long")
            let folder = try sandbox.folder(abilities: way)
            let link = try folder.read(path("link"))
            #expect(link.mode == .symbolicLink)
            #expect(link.content == Array("/etc/passwd".utf8))
            #expect(try folder.read(path("long")).content == Array(long.utf8))
        }

        @Test("what is not there is not found, also below a file")
        func missing() throws {
            sandbox.write("file", "x")
            let folder = try sandbox.folder()
            for name in ["none", "none/deeper", "file/deeper"] {
                #expect(throws: FolderError.self) { try folder.read(path(name)) }
                do { _ = try folder.read(path(name)) } catch { #expect(error.code == .notFound) }
                #expect(try folder.stat(path(name)) == nil)
            }
        }

        @Test("a file that a program has open for writing is busy, then read")
        func busy() throws {
            sandbox.write("log", "one\n")
            let folder = try sandbox.folder()
            let writer = open(sandbox.root + "/log", O_WRONLY | O_APPEND)
            do {
                _ = try folder.read(path("log"))
                Issue.record("was read under a writer")
            } catch { #expect(error.code == .busy) }
            close(writer)
            #expect(try folder.readText("log") == "one\n")
        }

        @Test("a reader of the file is no hindrance")
        func readers() throws {
            sandbox.write("log", "one\n")
            let reader = open(sandbox.root + "/log", O_RDONLY)
            #expect(try sandbox.folder().readText("log") == "one\n")
            close(reader)
        }

        @Test("a file past the limit is refused before it is read")
        func tooLarge() throws {
            sandbox.write("big", "")
            truncate(sandbox.root + "/big", off_t(Limits.fileSize + 1))
            let folder = try sandbox.folder()
            do {
                _ = try folder.read(path("big"))
                Issue.record("was read")
            } catch { #expect(error.code == .tooLarge) }
        }

        @Test("FIFOs, sockets, devices and directories are special, and opening them does not hang")
        func special() throws {
            mkfifo(sandbox.root + "/fifo", 0o644)
            mkdir(sandbox.root + "/directory", 0o755)
            mknod(sandbox.root + "/socket", S_IFSOCK | 0o644, 0)
            var names = ["fifo", "directory", "socket"]
            if getuid() == 0, mknod(sandbox.root + "/device", S_IFCHR | 0o644, 0x105) == 0 {
                names.append("device")
            }
            let folder = try sandbox.folder()
            for name in names {
                do {
                    _ = try folder.read(path(name))
                    Issue.record("\(name) was read")
                } catch { #expect(error.code == .special, "\(name): \(error)") }
            }
            #expect(try folder.stat(path("fifo"))?.kind == .special)
        }

        @Test(
            "a file nobody may read is unreadable, and the cause is told",
            .enabled(if: isRoot, "needs root"))
        func unreadable() throws {
            sandbox.write("secret", "x", mode: 0)
            chmod(sandbox.base, 0o755)
            let folder = try sandbox.folder()
            asNobody {
                do throws(FolderError) {
                    _ = try folder.read(path("secret"))
                    Issue.record("was read")
                } catch {
                    #expect(error.code == .unreadable)
                    #expect(error.cause == "Permission denied")
                }
            }
        }

        @Test("another's file is read without a lease", .enabled(if: isRoot, "needs root"))
        func notOwner() throws {
            sandbox.write("theirs", "text")
            chmod(sandbox.base, 0o755)
            let folder = try sandbox.folder()
            try withoutLeases { () throws(any Error) in
                let file = Descriptor(number: open(sandbox.root + "/theirs", O_RDONLY))
                #expect(ReadLease.take(file.number) == .unsupported)
                let content = try readSettled(folder, "theirs").content
                #expect(content == Array("text".utf8))
            }
        }
    }
}
