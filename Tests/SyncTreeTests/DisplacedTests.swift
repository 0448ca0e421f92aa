import Glibc
import SyncModel
import Testing

@testable import SyncTree

extension Serial {
    /// What apply moved aside is never lost: not to a late writer, not to a crash.
    @Suite struct DisplacedTests {
        let sandbox = Sandbox()

        /// A program that was held up by the lease writes to the version that was replaced.
        @Test("a writer held up during the exchange is a local edit, with the base it was made on")
        func lateWriter() throws {
            sandbox.write("file", "old")
            let name = sandbox.root + "/file"
            let folder = try sandbox.folder()
            // Found before, opened for writing by its inode after: as a held-up open() ends.
            let early = open(name, O_RDONLY)
            #expect(try folder.put("new", at: "file", replacing: version("old")).isDone)
            let late = open("/proc/self/fd/\(early)", O_WRONLY | O_APPEND)
            #expect(late >= 0)
            #expect(try folder.recheckDisplaced().isEmpty, "it is kept while a writer has it")
            #expect(folder.displacedCount == 1 && folder.displacedInUse == [path("file")])
            write(late, "+late", 5)
            close(late)
            close(early)
            let edits = try folder.recheckDisplaced()
            let edit = try #require(edits.first)
            #expect(edits.count == 1 && edit.path == path("file"))
            #expect(folder.displacedInUse.isEmpty)
            #expect(edit.snapshot.content == Array("old+late".utf8))
            #expect(edit.base == version("old"))
            #expect(try folder.recheckDisplaced().count == 1, "given until it is forgotten")
            try folder.forget(edit)
            #expect(try folder.recheckDisplaced().isEmpty)
            #expect(sandbox.stagingNames.isEmpty && sandbox.text("file") == "new")
        }

        @Test("a file that is written to again before it is forgotten is given again")
        func writtenAgain() throws {
            sandbox.write("file", "old")
            let folder = try sandbox.folder()
            link(sandbox.root + "/file", sandbox.base + "/door")
            #expect(try folder.put("new", at: "file", replacing: version("old")).isDone)
            append("+1", sandbox.base + "/door")
            let first = try #require(try folder.recheckDisplaced().first)
            append("+2", sandbox.base + "/door")
            try folder.forget(first)
            let second = try #require(try folder.recheckDisplaced().first)
            #expect(second.snapshot.content == Array("old+1+2".utf8))
            #expect(second.base == version("old+1"))
            try folder.forget(second)
            #expect(folder.displacedCount == 0 && sandbox.stagingNames.isEmpty)
        }

        @Test("after a crash what was displaced is rechecked, and what was only staged is removed")
        func recovery() throws {
            for inside in [true, false] {
                sandbox.write("clean", "old")
                sandbox.write("edited", "old")
                sandbox.write("gone", "old")
                let long = (0..<40).map { "directory-\($0)" }.joined(separator: "/")
                sandbox.write(long + "/file", "old")
                link(sandbox.root + "/edited", sandbox.base + "/door")
                link(sandbox.root + "/" + long + "/file", sandbox.base + "/door2")
                do {
                    let folder = try sandbox.folder(inside: inside)
                    for name in ["clean", "edited", long + "/file"] {
                        #expect(try folder.put("new", at: name, replacing: version("old")).isDone)
                    }
                    #expect(try folder.remove(path("gone"), expecting: version("old")).isDone)
                    _ = try folder.stage("never installed")
                    _ = try folder.stage("never installed", .symbolicLink)
                }
                append("!", sandbox.base + "/door")
                append("?", sandbox.base + "/door2")
                #expect(sandbox.stagingNames.count == 7)

                let next = try sandbox.folder(inside: inside)
                #expect(next.displacedCount == 4)
                // What took whose place is known, and of what was removed nothing.
                let replacements = try next.replacements()
                let replaced = try ["clean", "edited", long + "/file"].map(path)
                #expect(Set(replacements.keys) == Set(replaced))
                #expect(Set(replacements.values) == [version("new")])
                let edits = try next.recheckDisplaced()
                #expect(Set(edits.map(\.path)) == [path("edited"), path(long + "/file")])
                let texts = Set(edits.map { String(decoding: $0.snapshot.content, as: UTF8.self) })
                #expect(texts == ["old!", "old?"])
                for edit in edits { try next.forget(edit) }
                #expect(sandbox.stagingNames.isEmpty && next.displacedCount == 0)
                #expect(!sandbox.names.contains(".syncd-staging"))
                // New tokens never meet old ones.
                #expect(try next.put("newer", at: "clean", replacing: version("new")).isDone)
                #expect(try next.recheckDisplaced().isEmpty)
                for name in ["door", "door2"] { unlink(sandbox.base + "/" + name) }
                run("/bin/rm", "-rf", sandbox.root + "/directory-0")
            }
        }

        @Test("a crash before the exchange leaves a new version under the old one's name: removed")
        func crashBeforeExchange() throws {
            sandbox.write("file", "old")
            do {
                let folder = try sandbox.folder()
                let staged = try folder.stage("new")
                let entry = Displaced(
                    token: staged.token, path: path("file"), base: version("old"),
                    replacement: version("new"), cause: .exchanged)
                try folder.rename(Staging.stagedName(staged.token), to: entry.name)
            }
            let next = try sandbox.folder()
            #expect(next.displacedCount == 1)
            #expect(try next.replacements().isEmpty)
            #expect(try next.recheckDisplaced().isEmpty)
            #expect(sandbox.stagingNames.isEmpty && sandbox.text("file") == "old")
        }

        @Test("without exchange, a crash while nothing stands there puts the old version back")
        func crashWhileAside() throws {
            sandbox.write("d/file", "old")
            do {
                let folder = try sandbox.folder(abilities: .init(exchange: false))
                let entry = Displaced(
                    token: try folder.staging.begin(), path: path("d/file"), base: version("old"),
                    replacement: version("new"), cause: .movedAside)
                let place = try Place(path("d/file"), below: folder.root)
                let held = try folder.lease(path("d/file"))
                let aside = try folder.moveAside(entry, held.stat, place)
                #expect(aside == .moved)
                #expect(sandbox.text("d/file") == nil)
            }
            let next = try sandbox.folder()
            #expect(sandbox.text("d/file") == "old")
            #expect(next.displacedCount == 0 && sandbox.stagingNames.isEmpty)
        }

        @Test(
            "without exchange, what an install could neither replace nor put back goes back",
            arguments: [nil, true, false])
        func failedBothWays(isTaken: Bool?) throws {
            sandbox.write("d/file", "old")
            let folder = try sandbox.folder(abilities: .init(exchange: false))
            let entry = Displaced(
                token: try folder.staging.begin(), path: path("d/file"), base: version("old"),
                replacement: version("new"), cause: .movedAside)
            do {
                let place = try Place(path("d/file"), below: folder.root)
                let held = try folder.lease(path("d/file"))
                #expect(try folder.moveAside(entry, held.stat, place) == .moved)
            }
            switch isTaken {
            case true?: sandbox.write("d/file", "another")
            case false?: #expect(rmdir(sandbox.root + "/d") == 0)
            case nil: break
            }
            if isTaken == nil { #expect(try folder.replacements().isEmpty) }
            #expect(try folder.recheckDisplaced().isEmpty)
            let text: String? = isTaken == nil ? "old" : isTaken == true ? "another" : nil
            #expect(sandbox.text("d/file") == text)
            #expect(folder.displacedCount == 0 && sandbox.stagingNames.isEmpty)
        }

        @Test("what somebody deletes after they took the place of an old version stays deleted")
        func takenAndDeleted() throws {
            sandbox.write("file", "old")
            let folder = try sandbox.folder(abilities: .init(leases: false, exchange: false))
            let entry = Displaced(
                token: try folder.staging.begin(), path: path("file"), base: version("old"),
                replacement: version("new"), cause: .movedAside)
            do {
                let place = try Place(path("file"), below: folder.root)
                let stat = try #require(try folder.stat(path("file")))
                #expect(try folder.moveAside(entry, stat, place) == .moved)
            }
            sandbox.write("file", "another")
            #expect(try folder.recheckDisplaced().isEmpty)
            // Changed this moment, which is no program that has it open.
            #expect(folder.displacedInUse.isEmpty)
            unlink(sandbox.root + "/file")
            #expect(try folder.recheckDisplaced().isEmpty)
            #expect(sandbox.text("file") == nil)
        }

        @Test("what is moved aside and is another file by then goes back, or stays as a local edit")
        func movedAnother() throws {
            sandbox.write("file", "old")
            let folder = try sandbox.folder()
            let held = try folder.lease(path("file")).stat
            sandbox.write("save", "saved")
            rename(sandbox.root + "/save", sandbox.root + "/file")
            let place = try Place(path("file"), below: folder.root)
            let entry = Displaced(
                token: try folder.staging.begin(), path: path("file"), base: version("old"),
                replacement: nil, cause: .removed)
            #expect(try folder.moveAside(entry, held, place) == .putBack)
            #expect(sandbox.text("file") == "saved")
            #expect(folder.displacedCount == 0 && sandbox.stagingNames.isEmpty)
        }

        @Test("a directory that was moved in the place of a file comes back")
        func directory() throws {
            sandbox.write("dir/inner", "precious")
            do {
                let folder = try sandbox.folder()
                let staged = try folder.stage("new")
                let entry = Displaced(
                    token: staged.token, path: path("dir"), base: version("old"),
                    replacement: version("new"), cause: .exchanged)
                try folder.rename(Staging.stagedName(staged.token), to: entry.name)
                let place = try Place(path("dir"), below: folder.root)
                try folder.swap(entry, place)
                #expect(sandbox.text("dir") == "new")
            }
            let next = try sandbox.folder()
            for _ in 0..<3 { #expect(try next.recheckDisplaced().isEmpty) }
            #expect(sandbox.text("dir/inner") == "precious")
            #expect(sandbox.stagingNames.isEmpty)
        }

        @Test("without leases a displaced file stays until the next start")
        func withoutLeases() throws {
            sandbox.write("file", "old")
            let ability = LocalFolder.Abilities(leases: false)
            do {
                let folder = try sandbox.folder(abilities: ability)
                var outcome = ApplyOutcome.busy
                while outcome == .busy {
                    outcome = try folder.put("new", at: "file", replacing: version("old"))
                }
                #expect(outcome.isDone)
                #expect(try folder.recheckDisplaced().isEmpty)
                #expect(folder.displacedCount == 1)
            }
            let next = try sandbox.folder(abilities: ability)
            while next.displacedCount > 0 { #expect(try next.recheckDisplaced().isEmpty) }
            #expect(sandbox.stagingNames.isEmpty)
        }

        @Test(
            "a displaced file's name can be read back, whatever its path",
            arguments: [
                "a", "a/b/c", "with-dashes/-/--", "\u{1}/x",
                "documents/notes/" + String(repeating: "b", count: 40),
                String(repeating: "long/", count: 60) + "x",
            ], [255, 143, 120])
        func names(text: String, nameBytes: Int) throws {
            for cause in [Displaced.Cause.exchanged, .movedAside, .removed] {
                for replacement in [nil, version("b", .symbolicLink)] {
                    let entry = Displaced(
                        token: .max - 1, path: path(text), base: version("a", .executable),
                        replacement: replacement, cause: cause, nameBytes: nameBytes)
                    #expect(entry.name.count <= nameBytes + 1)
                    let back = Displaced(parsing: entry.name, nameBytes: nameBytes) { _ in
                        path(text).bytes
                    }
                    #expect(back == entry)
                }
            }
            for junk in ["", "x", "x-1", "x-1-2-3-4", "q-1-0-0-a", "s-1", "--- --"] {
                #expect(Displaced(parsing: cName(junk.utf8)) { _ in nil } == nil)
            }
        }

        private func append(_ text: String, _ name: String) {
            let file = open(name, O_WRONLY | O_APPEND)
            write(file, text, text.utf8.count)
            close(file)
        }
    }
}
