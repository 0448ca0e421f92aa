import SyncEngine
import SyncModel
import SyncTestKit
import Testing

@Suite("What an apply that was cut short had put in place")
struct CutShortApplyTests {
    private let scene = ThriftTests.Scene(.none)

    /// A folder that holds "one"; then `news` comes into the branch and `text` into the folder,
    /// and the record learns of neither.
    private func vault(_ text: String, _ news: () throws -> Void) async throws -> Vault {
        let vault = try scene.vault()
        _ = try await scene.cycle(vault, writing: "one")
        let applied = try scene.head()
        try news()
        try await vault.lookAtRemote()
        try scene.repository.setReference(
            "refs/heads/sync", to: try scene.head(), expecting: applied)
        scene.folder.write(
            try #require(TreePath("other.txt")), Array(text.utf8), mode: .regular, inPlace: false)
        return vault
    }

    private func other() throws -> String? {
        let file = scene.folder.files[try #require(TreePath("other.txt"))]
        return file.map { String(decoding: $0.content, as: UTF8.self) }
    }

    @Test(
        "is no edit although the head has gone on, up to a number of commits",
        arguments: [(2, true), (Limits.arrivals, true), (Limits.arrivals + 1, false)])
    func goneOn(commits: Int, isKnown: Bool) async throws {
        let vault = try await vault("first") {
            try scene.push("other.txt", "first")
            for number in 1..<commits { try scene.push("other.txt", "later \(number)") }
        }
        let head = try scene.head()
        _ = try await scene.cycle(vault)
        #expect(try (scene.head() == head) == isKnown)
        #expect(try (other() == "later \(commits - 1)") == isKnown)
    }

    @Test("is an edit when it is another version than any that came")
    func edited() async throws {
        let vault = try await vault("mine") {
            try scene.push("other.txt", "first")
            try scene.push("other.txt", "second")
        }
        let head = try scene.head()
        _ = try await scene.cycle(vault)
        #expect(try scene.head() != head)
        #expect(try #require(try other()).contains("mine"))
    }

    @Test("is an older version that was brought back, where the head has none")
    func broughtBack() async throws {
        let vault = try await vault("first") {
            try scene.push("other.txt", "first")
            try scene.push("other.txt", isGone: true)
        }
        _ = try await scene.cycle(vault)
        #expect(try other() == "first")
    }
}
