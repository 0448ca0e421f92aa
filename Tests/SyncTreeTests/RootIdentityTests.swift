import Testing

@testable import SyncTree

extension Serial {
    @Suite("What a folder's root is known by")
    struct RootIdentityTests {
        @Test(
            "another file system, and another directory of the same number, are another root",
            arguments: [
                ("39:1:7:1000", true), ("39:1", true), ("39:1::", true), ("39:1:7:", true),
                ("39:1::1000", true), ("39:2:7:1000", false), ("40:1:7:1000", true),
                ("40:1::1000", false), ("40:1:7:", false), ("40:1", false),
                ("40:1:8:1000", false), ("39:1:8:1000", false), ("39:1:8:", false),
                ("39:1:7:1001", false),
            ])
        func same(text: String, isSame: Bool) throws {
            let known = try #require(RootIdentity("39:1:7:1000"))
            let found = try #require(RootIdentity(text))
            #expect(known.isSame(as: found) == isSame)
            #expect(found.isSame(as: known) == isSame)
            #expect(RootIdentity(found.text) == found)
        }

        @Test(
            "what is no identity is none",
            arguments: ["", "1", "1:", ":1", "a:1", "1:2:3", "1:2:3:4:5"])
        func none(text: String) { #expect(RootIdentity(text) == nil) }

        @Test("a directory stays the same when files come and go, and is written as it is read")
        func real() throws {
            let sandbox = Sandbox()
            let before = try sandbox.folder().identity
            sandbox.write("a.txt", "a")
            let after = try sandbox.folder().identity
            #expect(before == after)
            #expect(RootIdentity(before.text) == before)
            let other = Sandbox()
            #expect(try !other.folder().identity.isSame(as: before))
        }
    }
}
