import Glibc
import SyncModel
import Testing

@testable import SyncTree

extension Serial {
    /// Nothing reaches out of the folder, whatever stands in it.
    @Suite struct BeneathTests {
        let sandbox = Sandbox()

        @Test("a link on the way leads nowhere, for any call", arguments: [true, false])
        func links(openat2: Bool) throws {
            mkdir(sandbox.base + "/outside", 0o755)
            sandbox.write("../outside/victim", "untouched")
            sandbox.write("real/victim", "inside")
            symlink("../outside", sandbox.root + "/relative")
            symlink(sandbox.base + "/outside", sandbox.root + "/absolute")
            symlink("real", sandbox.root + "/local")
            let folder = try sandbox.folder(abilities: .init(openat2: openat2))
            for link in ["relative", "absolute", "local"] {
                let victim = path("\(link)/victim")
                #expect(try folder.stat(victim) == nil)
                #expect(throws: FolderError.self) { try folder.read(victim) }
                #expect(try folder.put("evil", at: "\(link)/new") == .obstructed)
                #expect(
                    try folder.put("evil", at: "\(link)/victim", replacing: version("untouched"))
                        == .obstructed)
                #expect(try folder.remove(victim, expecting: version("untouched")).isDone)
                #expect(
                    try folder.setMode(victim, from: version("untouched"), to: .executable)
                        == .differs)
                try folder.removeDirectoryIfEmpty(victim)
                #expect(try folder.put("evil", at: "\(link)/deep/er/new") == .obstructed)
            }
            #expect(sandbox.text("../outside/victim") == "untouched")
            #expect(sandbox.text("real/victim") == "inside")
            #expect(access(sandbox.base + "/outside/new", F_OK) != 0)
            #expect(access(sandbox.base + "/outside/deep", F_OK) != 0)
        }

        @Test("a directory that is swapped with a link all the while never lets a write out")
        func swapping() throws {
            mkdir(sandbox.base + "/outside", 0o755)
            mkdir(sandbox.root + "/dir", 0o755)
            symlink(sandbox.base + "/outside", sandbox.root + "/link")
            let folder = try sandbox.folder()
            let root = sandbox.root
            let swaps = Background<Int> {
                var done = 0
                for _ in 0..<200_000
                where exchange(root + "/dir", root + "/link") { done += 1 }
                return done
            }
            var count = 0
            while swaps.wait(seconds: 0) == nil {
                count += 1
                let staged = try folder.stage("x")
                _ = try folder.install(staged, at: path("dir/f\(count % 50)"), replacing: nil)
                folder.discard(staged)
                _ = try folder.remove(path("dir/f\(count % 50)"), expecting: version("x"))
            }
            #expect((swaps.wait(seconds: 1) ?? 0) > 1_000)
            #expect(try LocalFolder(root: sandbox.base + "/outside").list(nil).isEmpty)
            print("swapped directory: \(count) writes against 200000 swaps")
        }

        @Test(
            "another file system mounted in the folder is held as such",
            .enabled(if: canMount, "mounting needs root"))
        func mounts() throws {
            mkdir(sandbox.root + "/mount", 0o755)
            #expect(run("/bin/mount", "-t", "tmpfs", "none", sandbox.root + "/mount") == 0)
            defer { run("/bin/umount", sandbox.root + "/mount") }
            sandbox.write("mount/file", "x")
            for openat2 in [true, false] {
                let folder = try sandbox.folder(abilities: .init(openat2: openat2))
                #expect(try folder.list(nil).count == 1)
                do {
                    _ = try folder.list(path("mount"))
                    Issue.record("was listed")
                } catch {
                    #expect(error.code == .mount)
                }
                #expect(throws: FolderError.self) { try folder.read(path("mount/file")) }
                #expect(throws: FolderError.self) { try folder.put("x", at: "mount/new") }
            }
        }

        @Test("the root is checked: gone, replaced, come back")
        func root() throws {
            let folder = try sandbox.folder()
            try folder.checkRoot()
            rename(sandbox.root, sandbox.base + "/elsewhere")
            #expect(throws: FolderError.self) { try folder.checkRoot() }
            do { try folder.checkRoot() } catch { #expect(error.code == .rootMissing) }
            mkdir(sandbox.root, 0o755)
            do {
                try folder.checkRoot()
                Issue.record("another directory passed")
            } catch { #expect(error.code == .rootReplaced) }
            rmdir(sandbox.root)
            rename(sandbox.base + "/elsewhere", sandbox.root)
            try folder.checkRoot()
        }

        @Test("a folder is opened only as the directory it was")
        func expectedIdentity() throws {
            let identity = try sandbox.folder().identity
            _ = try LocalFolder(root: sandbox.root, expectedIdentity: identity)
            do {
                _ = try LocalFolder(
                    root: sandbox.root,
                    expectedIdentity: RootIdentity("\(identity.device):\(identity.inode + 1)"))
                Issue.record("opened")
            } catch { #expect(error.code == .rootReplaced) }
            do {
                _ = try LocalFolder(root: sandbox.base + "/none")
                Issue.record("opened")
            } catch { #expect(error.code == .rootMissing) }
        }
    }
}
