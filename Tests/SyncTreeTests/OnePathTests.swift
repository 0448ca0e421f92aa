import Foundation
import Glibc
import SyncModel
import Testing

@testable import SyncTree

extension Serial {
    /// What the system refuses of one path says so, with a reason of that path alone.
    @Suite struct OnePathTests {
        let sandbox = Sandbox()
        private func full(_ name: String) -> String { sandbox.root + "/" + name }

        /// Why something fails; nil when it does not.
        private func reason(_ body: () throws -> Void) -> QuarantinedPath.Reason? {
            do { try body() } catch { return (error as? FolderError)?.code.reason }
            return nil
        }

        @Test(
            "a name that the file system does not take",
            arguments: [
                String(repeating: "a", count: 256), String(repeating: "a", count: 256) + "/file",
                "d/" + String(repeating: "ü", count: 128),
            ])
        func names(_ name: String) throws {
            let folder = try sandbox.folder()
            #expect(reason { _ = try folder.put("text", at: name) } == .name)
            #expect(try folder.put("text", at: "other").isDone)
            #expect(sandbox.stagingNames.isEmpty)
        }

        @Test("a path past PATH_MAX is a path like any other")
        func longPath() throws {
            let folder = try sandbox.folder()
            let name = Array(repeating: String(repeating: "d", count: 200), count: 30)
                .joined(separator: "/")
            #expect(try folder.put("text", at: name + "/file").isDone)
            #expect(try folder.readText(name + "/file") == "text")
            #expect(try folder.list(path(name)).count == 1)
        }

        @Test(
            "a symbolic link that cannot be",
            arguments: ["", "a\0b", String(repeating: "x", count: 4_096)])
        func links(_ target: String) throws {
            let folder = try sandbox.folder()
            #expect(reason { _ = try folder.put(target, at: "link", mode: .symbolicLink) } == .link)
            #expect(sandbox.stagingNames.isEmpty && folder.displacedCount == 0)
        }

        @Test(
            "a directory and a file that the daemon may not write",
            .enabled(if: isRoot, "needs root"))
        func readOnly() throws {
            sandbox.write("d/file", "old")
            sandbox.write("free", "old")
            let folder = try sandbox.folder()
            chmod(full("d"), 0o555)
            defer { chmod(full("d"), 0o755) }
            // The staging directory belongs to the daemon, as if it ran as nobody.
            run("/bin/chown", "-R", "65534", sandbox.state, full("free"), sandbox.root)
            try asNobody {
                #expect(reason { _ = try folder.put("new", at: "d/other") } == .readOnly)
                #expect(reason { _ = try folder.put("new", at: "d/e/other") } == .readOnly)
                #expect(
                    reason { _ = try folder.put("new", at: "d/file", replacing: version("old")) }
                        == .readOnly)
                #expect(
                    reason { _ = try folder.remove(path("d/file"), expecting: version("old")) }
                        == .readOnly)
            }
            #expect(sandbox.text("d/file") == "old")
            #expect(folder.displacedCount == 0)
        }

        @Test("what was made immutable", .enabled(if: isRoot, "needs root"))
        func immutable() throws {
            sandbox.write("d/file", "old")
            guard run("/usr/bin/chattr", "+i", full("d/file")) == 0 else { return }
            defer { run("/usr/bin/chattr", "-i", full("d/file"), full("d")) }
            let folder = try sandbox.folder()
            #expect(
                reason { _ = try folder.put("new", at: "d/file", replacing: version("old")) }
                    == .readOnly)
            #expect(
                reason { _ = try folder.remove(path("d/file"), expecting: version("old")) }
                    == .readOnly)
            #expect(
                reason {
                    _ = try folder.setMode(path("d/file"), from: version("old"), to: .executable)
                } == .readOnly)
            #expect(folder.isStillQuarantined(path("d/file"), for: .readOnly))
            #expect(!folder.isStillQuarantined(path("d/other"), for: .readOnly))
            run("/usr/bin/chattr", "+i", full("d"))
            #expect(reason { _ = try folder.put("new", at: "d/other") } == .readOnly)
            #expect(folder.isStillQuarantined(path("d/other"), for: .readOnly))
            #expect(!folder.isStillQuarantined(path("other"), for: .readOnly))
            #expect(sandbox.text("d/file") == "old")
            #expect(folder.displacedCount == 0 && sandbox.stagingNames.isEmpty)
        }

        @Test(
            "another file system that is mounted in the folder",
            .enabled(if: canMount, "mounting needs root"))
        func mount() throws {
            sandbox.write("m/file", "old")
            guard run("/bin/mount", "-t", "tmpfs", "tmpfs", full("m")) == 0 else { return }
            defer { run("/bin/umount", full("m")) }
            let folder = try sandbox.folder()
            #expect(reason { _ = try folder.list(path("m")) } == .mount)
            #expect(reason { _ = try folder.stat(path("m/file")) } == .mount)
            #expect(folder.isStillQuarantined(path("m/file"), for: .mount))
            #expect(!folder.isStillQuarantined(path("other"), for: .mount))
            #expect(reason { _ = try folder.put("new", at: "m/other") } == .mount)
            #expect(
                reason { _ = try folder.put("new", at: "m/file", replacing: version("old")) }
                    == .mount)
        }

        @Test("directories without a file give way to a file, those with one stay")
        func emptyTrees() throws {
            for directory in ["n/e/f", "n/g", "full/e", "full/.cache"] {
                try FileManager.default.createDirectory(
                    atPath: full(directory), withIntermediateDirectories: true)
            }
            sandbox.write("full/.cache/ignored~", "mine")
            let folder = try sandbox.folder()
            #expect(try folder.put("new", at: "n").isDone)
            #expect(sandbox.text("n") == "new")
            #expect(try folder.put("new", at: "full") == .obstructed)
            #expect(sandbox.names.contains("full/e"))
            #expect(sandbox.text("full/.cache/ignored~") == "mine")
            // What stood there is gone: an edit, whatever the directories are.
            mkdir(full("gone"), 0o755)
            mkdir(full("gone/e"), 0o755)
            #expect(try folder.put("new", at: "gone", replacing: version("old")) == .differs)
            #expect(try folder.remove(path("gone"), expecting: version("old")) == .differs)
        }

        @Test(
            "nothing that only looks like the apply's own is taken for it",
            arguments: [true, false])
        func strangers(inside: Bool) throws {
            let own = "100644" + version("theirs").id.hex
            for directory in [".syncd-staging", ".syncd-staging-0123456789abcdef"] {
                for name in ["s-1", "x-1-\(own)-0-victim", "m-2-\(own)-0-victim", "notes"] {
                    sandbox.write("\(directory)/\(name)", "theirs")
                }
            }
            sandbox.write("victim", "mine")
            let before = sandbox.names
            // The state directory is on another file system, so the folder has a staging directory.
            let state = inside ? "/dev/shm/\(sandbox.base.split(separator: "/").last ?? "")" : nil
            defer { if let state { run("/bin/rm", "-rf", state) } }
            for _ in 0..<2 {
                let folder = try LocalFolder(
                    root: sandbox.root, stagingPreferred: state ?? sandbox.state)
                #expect(folder.displacedCount == 0)
                #expect(try folder.recheckDisplaced().isEmpty)
                let old = sandbox.text("victim") ?? ""
                #expect(try folder.put(old + "+", at: "victim", replacing: version(old)).isDone)
                #expect(try folder.recheckDisplaced().isEmpty)
                #expect(sandbox.names == before)
            }
            #expect(sandbox.text("victim") == "mine++")
        }
    }
}
