import Foundation
import Glibc
import SyncModel
import Testing

@testable import SyncTree

extension Serial {
    /// A database with a log beside it is neither read nor replaced.
    @Suite struct DatabaseTests {
        let sandbox = Sandbox()
        private let old = "SQLite format 3\0 old"
        private let new = "SQLite format 3\0 new"

        /// Writes a file that may hold zeros.
        private func write(_ name: String, _ text: String) {
            FileManager.default.createFile(
                atPath: sandbox.root + "/" + name, contents: Data(text.utf8))
        }

        /// Why a file is not read; a file that was written this moment is waited for.
        private func code(_ name: String, _ folder: LocalFolder, whileOpen: Bool)
            -> FolderError.Code?
        {
            let deadline = ContinuousClock.now + .seconds(5)
            while true {
                do throws(FolderError) {
                    _ = try folder.read(path(name), whileOpen: whileOpen)
                    return nil
                } catch {
                    if error.code != .busy || ContinuousClock.now > deadline { return error.code }
                }
            }
        }

        @Test(
            "what stands beside a database decides whether it is in use",
            arguments: [
                ("d.db-wal", "frames", true), ("d.db-wal", "", false),
                ("d.db-journal", "pages", true), ("d.db-journal", "", false),
                // journal_mode=PERSIST: the transaction has ended.
                ("d.db-journal", "\0\0\0\0\0\0\0\0rest", false),
                ("d.db-shm", "index", false), ("d.db.bak", "copy", false),
                ("other.db-wal", "frames", false),
            ])
        func beside(_ name: String, _ text: String, isInUse: Bool) throws {
            write("d.db", old)
            write(name, text)
            let folder = try sandbox.folder()
            for whileOpen in [false, true] {
                #expect(code("d.db", folder, whileOpen: whileOpen) == (isInUse ? .inUse : nil))
            }
            #expect(folder.isStillQuarantined(path("d.db"), for: .inUse) == isInUse)
            let outcome = try folder.put(new, at: "d.db", replacing: version(old))
            #expect(outcome == .inUse || outcome.isDone)
            #expect((outcome == .inUse) == isInUse)
            #expect(sandbox.text("d.db") == (isInUse ? old : new))
            if !isInUse { return }
            #expect(try folder.remove(path("d.db"), expecting: version(old)) == .inUse)
            unlink(sandbox.root + "/" + name)
            #expect(try folder.put(new, at: "d.db", replacing: version(old)).isDone)
            #expect(sandbox.stagingNames.count == folder.displacedCount)
        }

        @Test("a new database does not come under a log that another one left")
        func underALog() throws {
            sandbox.write("d.db-wal", "frames")
            let folder = try sandbox.folder()
            #expect(try folder.put(new, at: "d.db") == .inUse)
            #expect(try folder.put("notes", at: "d.db").isDone)
            #expect(try folder.put(new, at: "d.db", replacing: version("notes")) == .inUse)
            #expect(sandbox.text("d.db") == "notes")
        }

        @Test(
            "what SQLite keeps beside a database is neither read, put nor removed",
            arguments: ["d.db-wal", "d.db-shm", "d.db-journal"], ["frames", ""])
        func companions(_ name: String, _ text: String) throws {
            write("d.db", old)
            let folder = try sandbox.folder()
            #expect(try folder.put("another's", at: name) == .inUse)
            #expect(sandbox.text(name) == nil)
            write(name, text)
            for whileOpen in [false, true] {
                #expect(code(name, folder, whileOpen: whileOpen) == .inUse)
            }
            #expect(folder.isStillQuarantined(path(name), for: .inUse))
            #expect(try folder.put("another's", at: name, replacing: version(text)) == .inUse)
            #expect(try folder.remove(path(name), expecting: version(text)) == .inUse)
            #expect(sandbox.text(name) == text)
            // Without its database it is a file as any other.
            unlink(sandbox.root + "/d.db")
            #expect(!folder.isStillQuarantined(path(name), for: .inUse))
            #expect(try folder.remove(path(name), expecting: version(text)).isDone)
        }

        @Test("a file that is no database is none of this")
        func others() throws {
            sandbox.write("notes", "text")
            sandbox.write("notes-journal", "my days")
            let folder = try sandbox.folder()
            #expect(try folder.readText("notes") == "text")
            #expect(try folder.put("more", at: "notes", replacing: version("text")).isDone)
            #expect(try folder.remove(path("notes"), expecting: version("more")).isDone)
        }

        @Test("a log that cannot be one is none: a directory, a link, a FIFO")
        func noLogs() throws {
            write("a.db", old)
            write("b.db", old)
            sandbox.write("a.db-wal/file", "x")
            symlink("b.db", sandbox.root + "/b.db-wal")
            mkfifo(sandbox.root + "/b.db-journal", 0o644)
            let folder = try sandbox.folder()
            #expect(try folder.readText("a.db") == old)
            #expect(try folder.put(new, at: "b.db", replacing: version(old)).isDone)
        }
    }
}
