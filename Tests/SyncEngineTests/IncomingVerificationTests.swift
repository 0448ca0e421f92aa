import SyncEngine
import SyncMerge
import SyncModel
import SyncTestKit
import Synchronization
import Testing

/// Takes a signature's second line for the name of whose it is; knows `friend` alone.
private final class NamedVerifier: CommitVerifier {
    private let calls = Mutex<[String]>([])

    /// How many commits were asked.
    var count: Int { calls.withLock(\.count) }

    func verdict(on commit: SignedCommit) async throws(SigningError) -> SignatureVerdict {
        let name = String(decoding: commit.signature, as: UTF8.self).split(separator: "\n")[1]
        calls.withLock { $0.append(String(name)) }
        if name == "nobody" { throw SigningError("no program") }
        return name == "friend" ? .good : .refused("the key of \(name) is not known")
    }
}

@Suite("What others made, before it comes in")
struct IncomingVerificationTests {
    private let history = SmallHistory()
    private let store = InMemoryStateStore()
    private let verifier = NamedVerifier()
    private var repository: InMemoryRepository { history.repository }

    /// A vault with the rule and a branch.
    private func vault(at head: ObjectID? = nil, trusting trusted: ObjectID? = nil) throws -> Vault
    {
        let vault = Vault(
            identity: .init(name: "v", device: "maple", branch: "sync"), repository: repository,
            folders: [], store: store, remote: nil, clock: SimClock())
        vault.incoming.rule = IncomingRule(verifier: verifier, trusted: trusted)
        let before = try vault.head()
        if let head { try repository.setReference("refs/heads/sync", to: head, expecting: before) }
        return vault
    }

    /// A commit with one file, signed by somebody or by nobody.
    private func leaf(
        _ text: String, on parents: [ObjectID] = [], time: Int64, by name: String? = "friend",
        author: String = "linden"
    ) throws -> ObjectID {
        let plain = try repository.commit(
            history.commit(["\(author).md": text], on: parents, time: time, device: author))
        return try add(plain, by: name)
    }

    private func add(_ commit: Commit, by name: String?) throws -> ObjectID {
        let pack = try repository.beginPack()
        let content =
            name.map { commit.serialized(signed: "-----BEGIN A\n\($0)\n-----END A") }
            ?? commit.serialized
        let id = try pack.add(.commit, content)
        try pack.finish()
        return id
    }

    private func refusal(_ head: ObjectID, _ vault: Vault) async throws -> RefusedCommit? {
        do {
            _ = try await vault.incoming.verify(head)
            return nil
        } catch let error as RefusedCommit { return error }
    }

    @Test("signed leaves come in, each asked once")
    func signed() async throws {
        let vault = try vault()
        let one = try leaf("1", time: 1)
        let two = try leaf("2", on: [one], time: 2)
        #expect(try await vault.incoming.verify(two))
        #expect(try await vault.incoming.verify(two))
        #expect(verifier.count == 2)
        #expect(try await vault.incoming.verify(leaf("3", on: [two], time: 3)))
        #expect(verifier.count == 3)
    }

    @Test("the first that is not signed is named, also behind one that is")
    func unsigned() async throws {
        let vault = try vault()
        let one = try leaf("1", time: 1)
        let bad = try leaf("2", on: [one], time: 2, by: nil, author: "ma\u{1b}[31mllory")
        let head = try leaf("3", on: [bad], time: 3)
        for _ in 0..<2 {
            let refused = try #require(try await refusal(head, vault))
            #expect(refused.commit == bad)
            #expect(refused.reason == "it is not signed")
            #expect(refused.author.hasPrefix("mallory <"))
            #expect(refused.advice.contains(bad.hex))
        }
        #expect(verifier.count == 1)
    }

    @Test("a signature that the verifier refuses is refused with its words")
    func stranger() async throws {
        let vault = try vault()
        let refused = try await refusal(leaf("1", time: 1, by: "eve"), vault)
        #expect(refused?.reason == "the key of eve is not known")
        let head = try leaf("2", time: 1, by: "nobody")
        await #expect(throws: SigningError.self) { try await vault.incoming.verify(head) }
    }

    @Test("what is here already is not asked, and what is behind the trusted commit neither")
    func past() async throws {
        let old = try leaf("1", time: 1, by: nil)
        let later = try leaf("2", on: [old], time: 2, by: nil)
        let head = try leaf("3", on: [later], time: 3)
        #expect(try await refusal(head, vault())?.commit == old)
        #expect(try await refusal(head, vault(trusting: old))?.commit == later)
        #expect(try await refusal(head, vault(trusting: .zero))?.commit == old)
        #expect(try await vault(trusting: later).incoming.verify(head))
        #expect(verifier.count == 1)
        #expect(try await refusal(leaf("4", on: [old], time: 4, by: nil), vault(at: later)) != nil)
        #expect(try await vault(at: head).incoming.verify(head))
        #expect(verifier.count == 1)
    }

    @Test("a merge comes in when this device would make it, or when it is signed")
    func merges() async throws {
        let base = try leaf("0", time: 1)
        let one = try leaf("1", on: [base], time: 2)
        let two = try leaf("2", on: [base], time: 3, author: "alder")
        let made = try CommitMerge(repository).merge(one, two).commit
        let merge = try repository.commit(made)
        #expect(try await vault().incoming.verify(made))

        func other(_ change: (tree: ObjectID?, message: String?, committer: Signature?)) throws
            -> ObjectID
        {
            try add(
                Commit(
                    tree: change.tree ?? merge.tree, parents: merge.parents, author: merge.author,
                    committer: change.committer ?? merge.committer,
                    message: change.message ?? merge.message), by: nil)
        }
        let forged = try other((repository.commit(one).tree, nil, nil))
        #expect(
            try await refusal(forged, vault())?.reason
                == "it is a merge that is not signed, and merging its parents here gives another")
        let version = MergeIdentity.version + 1
        let newer = try other((nil, "merged\n\nSync-Merge-Version: \(version)\n", nil))
        #expect(try await refusal(newer, vault())?.reason.contains("version \(version)") == true)
        let before = try CommitMerge(repository, version: 1).merge(one, two).commit
        #expect(before != made)
        #expect(try await vault().incoming.verify(before), "made by the rules of before")
        let foreign = try other((nil, nil, Signature(name: "m", email: "m@x", seconds: 3)))
        #expect(
            try await refusal(foreign, vault())?.reason == "it is a merge that is not signed")
        let plain = try repository.commit(foreign)
        #expect(try await vault().incoming.verify(add(plain, by: "friend")))
        // A descendant that would be a fast-forward is no merge of this device's either.
        let idle = try add(
            Commit(
                tree: merge.tree, parents: [base, one], author: merge.author,
                committer: merge.committer, message: merge.message), by: nil)
        #expect(try await refusal(idle, vault())?.commit == idle)
    }

    @Test("an exchange asks so many commits and no more; the next one goes on")
    func bounds() async throws {
        let vault = try vault()
        var head: ObjectID?
        for time in 1...Int64(Limits.checkedCommits) {
            head = try leaf("\(time)", on: head.map { [$0] } ?? [], time: time)
        }
        let last = try #require(head)
        let over = try leaf("x", on: [last], time: 1 << 40)
        #expect(try await vault.incoming.verify(over) == false)
        #expect(verifier.count == Limits.checkedCommits)
        #expect(try await vault.incoming.verify(over))
        #expect(verifier.count == Limits.checkedCommits + 1)
    }

    @Test("a forged stamp lets nothing in")
    func forgedStamps() async throws {
        let old = try leaf("1", time: 1_000)
        let local = try leaf("2", on: [old], time: 2_000)
        // Older than all, by what it says of itself, and newer than all.
        for time: Int64 in [1, 999, 1_500, 1 << 50] {
            let bad = try leaf("x\(time)", on: [old], time: time, by: nil)
            let head = try leaf("y\(time)", on: [bad, local], time: 3_000)
            #expect(try await refusal(head, vault(at: local))?.commit == bad)
        }
    }
}
