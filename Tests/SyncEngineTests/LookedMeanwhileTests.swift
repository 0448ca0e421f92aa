import SyncModel
import SyncTestKit
import Testing

@testable import SyncEngine

/// Signatures are asked for in a program of their own: meanwhile somebody looks at the remote,
/// which has another head by then.
@Suite("A look at the remote while what came before is verified")
struct LookedMeanwhileTests {
    /// Lets something happen while it is asked.
    private final class Verifier: CommitVerifier, @unchecked Sendable {
        var meanwhile: (() async throws -> Void)?

        func verdict(on commit: SignedCommit) async throws(SigningError) -> SignatureVerdict {
            let work = meanwhile
            meanwhile = nil
            do { try await work?() } catch { throw SigningError("\(error)") }
            return try await SimSignature().verdict(on: commit)
        }
    }

    private let scene = ExchangeOptionsTests.Scene(.none)
    private let verifier = Verifier()

    /// Gives the remote's branch a commit with one file more than another has.
    private func push(_ name: String, on parent: ObjectID?, isSigned: Bool) throws -> ObjectID {
        scene.clock.advance(1_000_000_000)
        let remote = scene.remote
        let pack = try remote.beginPack()
        let blob = try pack.add(.blob, Array(name.utf8))
        let tree = try TreeEdit.apply(
            [try #require(TreePath("notes/\(name)")): FileVersion(mode: .regular, id: blob)],
            to: try parent.map { try remote.commit($0).tree }, reading: remote, writing: pack)
        let who = Signature(
            name: "x", email: "x@y", seconds: scene.clock.now().milliseconds / 1000)
        let commit = Commit(
            tree: tree, parents: parent.map { [$0] } ?? [], author: who, committer: who,
            message: name)
        let plain = commit.serialized
        let id = try pack.add(
            .commit, isSigned ? commit.serialized(signed: SimSignature().sign(plain)) : plain)
        try pack.finish()
        try remote.setReference("refs/heads/sync", to: id, expecting: scene.head())
        return id
    }

    /// A device in sync, which takes in what is signed alone.
    private func vault() async throws -> Vault {
        let vault = try scene.vault()
        _ = try await scene.cycle(vault, writing: "one")
        vault.incoming.rule = IncomingRule(verifier: verifier, trusted: nil)
        return vault
    }

    @Test("pushes nothing over the other head")
    func exchange() async throws {
        let vault = try await vault()
        _ = try push("b.txt", on: scene.head(), isSigned: true)
        scene.folder.write(
            try #require(TreePath("a.txt")), Array("two".utf8), mode: .regular, inPlace: false)
        try vault.capture([vault.folders[0].id: .everything])
        verifier.meanwhile = { [self] in
            _ = try push("other.txt", on: nil, isSigned: false)
            try await vault.tracker.fetch()
        }
        #expect(try await vault.exchange() == .pending)
        #expect(verifier.meanwhile == nil)
        let far = try #require(try scene.head())
        #expect(try scene.remote.commit(far).parents.isEmpty)
        guard case .stopped(let change) = try await vault.exchange() else {
            Issue.record("nobody is asked")
            return
        }
        #expect(change.new == far)
    }

    @Test("lets nobody choose what was not verified")
    func choice() async throws {
        let vault = try await vault()
        _ = try push("b.txt", on: nil, isSigned: true)
        verifier.meanwhile = { [self] in
            _ = try push("other.txt", on: nil, isSigned: false)
            try await vault.tracker.fetch()
        }
        let refusal = await #expect(throws: ChangeRefusal.self) {
            try await vault.lookBeforeChoice()
        }
        #expect(refusal?.code == .moved)
        // What is there by now is refused for what it is.
        let other = await #expect(throws: ChangeRefusal.self) {
            try await vault.lookBeforeChoice()
        }
        #expect(other?.code == .wrong)
    }
}
