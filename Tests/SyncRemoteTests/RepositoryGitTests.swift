import SyncModel
import Testing

@testable import SyncRemote

@Suite("git in a repository of ours")
struct RepositoryGitTests {
    private let fixture: RemoteFixture

    init() throws { fixture = try RemoteFixture() }

    private func git() throws -> RepositoryGit {
        let place = fixture.path + "/scratch.git"
        let git = RepositoryGit(place)
        try git.run(["init", "-q", "--bare", place])
        return git
    }

    @Test("makes what is a repository by SHA-1, and says what it found")
    func runs() throws {
        let git = try git()
        #expect(try git.run(["rev-parse", "--show-object-format"]).lines == ["sha1"])
        #expect(try git.run(["config", "--get", "core.bare"]).lines == ["true"])
        #expect(try RepositoryGit.version().hasPrefix("git version"))
    }

    @Test("says why it gives no answer")
    func refuses() throws {
        let git = try git()
        let refusal = #expect(throws: RepositoryGit.Refusal.self) {
            try git.run(["rev-parse", "--verify", "nothing"])
        }
        #expect(refusal?.ran?.code == 128 && refusal?.isAbsent == false)
        #expect(refusal?.description.contains("Needed a single revision") ?? false)
    }

    @Test("knows no configuration but the repository's")
    func configuration() throws {
        let scopes = try git().run(["config", "--list", "--show-scope"]).lines
        #expect(!scopes.isEmpty && scopes.allSatisfy { $0.hasPrefix("local") })
    }
}
