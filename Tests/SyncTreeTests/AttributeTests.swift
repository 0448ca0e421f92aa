import Foundation
import Glibc
import SyncModel
import Testing

@testable import SyncTree

extension Serial {
    /// What git does not carry is kept by an update.
    @Suite struct AttributeTests {
        let sandbox = Sandbox()

        private func full(_ name: String) -> String { sandbox.root + "/" + name }

        private func set(_ name: String, _ attribute: String, _ value: [UInt8]) -> Bool {
            setAttribute(full(name), attribute, value)
        }

        private func attribute(_ name: String, _ attribute: String) -> [UInt8]? {
            getAttribute(full(name), attribute)
        }

        /// A list of rights: (tag, rights, user or group).
        private func list(_ entries: [(UInt8, UInt8, UInt32)]) -> [UInt8] {
            var bytes: [UInt8] = [2, 0, 0, 0]
            for (tag, rights, who) in entries {
                bytes += [tag, 0, rights, 0]
                for shift in [0, 8, 16, 24] { bytes.append(UInt8(who >> UInt32(shift) & 0xff)) }
            }
            return bytes
        }

        private let none = UInt32.max
        private func rights(_ user: UInt8, mask: UInt8, owner: UInt8 = 6) -> [UInt8] {
            list([
                (1, owner, none), (2, user, 1234), (4, 4, none), (0x10, mask, none),
                (0x20, 0, none),
            ])
        }

        @Test("an update keeps attributes and rights", arguments: [true, false])
        func kept(exchange: Bool) throws {
            sandbox.write("file", "old", mode: 0o640)
            guard set("file", "user.tag", Array("red".utf8)),
                set("file", "user.empty", []),
                set("file", "system.posix_acl_access", rights(6, mask: 6))
            else { return }
            let folder = try sandbox.folder(abilities: .init(exchange: exchange))
            #expect(try folder.put("new", at: "file", replacing: version("old")).isDone)
            #expect(sandbox.text("file") == "new")
            #expect(attribute("file", "user.tag") == Array("red".utf8))
            #expect(attribute("file", "user.empty") == [])
            #expect(attribute("file", "system.posix_acl_access") == rights(6, mask: 6))
            // The executable bit comes and the rest stays.
            let tool = try folder.put(
                "tool", at: "file", replacing: version("new"), mode: .executable)
            #expect(tool.isDone)
            #expect(attribute("file", "user.tag") == Array("red".utf8))
            #expect(try folder.stat(path("file"))?.kind == .file(executable: true))
        }

        @Test("an update keeps the group and the owner", .enabled(if: isRoot, "needs root"))
        func group() throws {
            sandbox.write("file", "old", mode: 0o660)
            symlink("old", full("link"))
            #expect(chown(full("file"), 1234, 100) == 0)
            #expect(lchown(full("link"), 1234, 100) == 0)
            let folder = try sandbox.folder()
            #expect(try folder.put("new", at: "file", replacing: version("old")).isDone)
            let link = try folder.put(
                "new", at: "link", replacing: version("old", .symbolicLink), mode: .symbolicLink)
            #expect(link.isDone)
            for name in ["file", "link"] {
                var status = stat()
                #expect(lstat(full(name), &status) == 0)
                #expect((status.st_uid, status.st_gid) == (1234, 100))
            }
            var status = stat()
            #expect(lstat(full("file"), &status) == 0 && status.st_mode & 0o7777 == 0o660)
        }

        @Test("a file that comes under another name is as private as it was")
        func renamed() throws {
            sandbox.write("old", "text", mode: 0o600)
            mkdir(full("d"), 0o755)
            let hasAttributes =
                set("old", "user.tag", Array("red".utf8))
                && set("d", "system.posix_acl_default", rights(7, mask: 7))
            let folder = try sandbox.folder()
            for (old, new, mode) in [("old", "d/new", 0o600), ("none", "d/other", -1)] {
                let staged = try folder.stage("text")
                folder.keepAttributes(of: path(old), on: staged)
                #expect(try folder.install(staged, at: path(new), replacing: nil).isDone)
                var status = stat()
                #expect(lstat(full(new), &status) == 0)
                if mode >= 0 { #expect(status.st_mode & 0o7777 == UInt32(mode)) }
            }
            if hasAttributes {
                #expect(attribute("d/new", "user.tag") == Array("red".utf8))
                #expect(attribute("d/new", "system.posix_acl_access") == nil)
                #expect(attribute("d/other", "user.tag") == nil)
                #expect(attribute("d/other", "system.posix_acl_access") != nil)
            }
        }

        @Test(
            "what a program was allowed for its content is not kept",
            .enabled(if: isRoot, "needs root"))
        func capability() throws {
            sandbox.write("tool", "old", mode: 0o755)
            let mayBindPorts: [UInt8] = [
                1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
            ]
            guard set("tool", "security.capability", mayBindPorts) else { return }
            let folder = try sandbox.folder()
            let outcome = try folder.put(
                "new", at: "tool", replacing: version("old", .executable), mode: .executable)
            #expect(outcome.isDone)
            #expect(attribute("tool", "security.capability") == nil)
        }

        @Test(
            "a new file takes its directory's group where that is setgid",
            .enabled(if: isRoot, "needs root"))
        func setgid() throws {
            mkdir(full("shared"), 0o755)
            #expect(chown(full("shared"), 0, 100) == 0 && chmod(full("shared"), 0o2775) == 0)
            let folder = try sandbox.folder()
            for name in ["shared/file", "shared/deep/er/file"] {
                #expect(try folder.put("text", at: name).isDone)
                var status = stat()
                #expect(lstat(full(name), &status) == 0 && status.st_gid == 100)
            }
            var status = stat()
            #expect(lstat(full("shared/deep/er"), &status) == 0)
            #expect(status.st_gid == 100 && status.st_mode & S_ISGID != 0)
        }

        @Test("a new file has the rights that its directory hands down, as if made there")
        func handedDown() throws {
            mkdir(full("d"), 0o755)
            guard set("d", "system.posix_acl_default", rights(7, mask: 7, owner: 7)) else { return }
            let folder = try sandbox.folder()
            #expect(try folder.put("text", at: "d/file").isDone)
            #expect(try folder.put("text", at: "d/tool", mode: .executable).isDone)
            #expect(try folder.put("text", at: "d/e/file").isDone)
            // What the kernel itself makes there.
            close(open(full("d/made"), O_CREAT | O_WRONLY, 0o666))
            close(open(full("d/script"), O_CREAT | O_WRONLY, 0o777))
            let made = try #require(attribute("d/made", "system.posix_acl_access"))
            #expect(attribute("d/file", "system.posix_acl_access") == made)
            #expect(attribute("d/e/file", "system.posix_acl_access") == made)
            #expect(
                attribute("d/tool", "system.posix_acl_access")
                    == attribute("d/script", "system.posix_acl_access"))
            #expect(try folder.stat(path("d/tool"))?.kind == .file(executable: true))
            #expect(try folder.stat(path("d/file"))?.kind == .file(executable: false))
        }

        @Test(
            "a list of rights that is malformed is left",
            arguments: [[], [2, 0, 0], [1, 0, 0, 0], [2, 0, 0, 0, 1, 0, 6, 0]])
        func malformed(_ list: [UInt8]) {
            #expect(AccessList.inherited(list, as: .regular) == nil)
        }
    }
}
