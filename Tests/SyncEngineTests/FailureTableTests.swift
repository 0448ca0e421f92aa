import SyncModel
import SyncTestKit
import Testing

@testable import SyncEngine

/// Each failure of each floor: who can mend it, the fact that its words have to name, and the
/// advice. The exit codes that follow stand in `SyncctlTests`.
@Suite("What is made of a failure")
struct FailureTableTests {
    private static let retry = SyncFailure.Kind.retry
    private static let user = SyncFailure.Kind.needsUser

    @Test(
        "of the remote",
        arguments: [
            (.unreachable, retry, true, false), (.missing, retry, true, false),
            (.authentication, user, true, true), (.untrusted, user, true, false),
            (.limited, retry, true, false), (.tooLarge, user, false, false),
            (.unusable, user, false, false), (.fatal, user, false, false),
            (.corrupt, user, false, false), (.noSpace, user, false, false),
            (.readOnly, user, false, false), (.io, retry, true, false),
        ] as [(RemoteError.Code, SyncFailure.Kind, Bool, Bool)])
    func remote(code: RemoteError.Code, kind: SyncFailure.Kind, isRemote: Bool, isRefused: Bool) {
        let failure = SyncFailure(
            RemoteError(code, "fetch", "why", hint: "do this", retryAfter: .seconds(7)) as any Error
        )
        #expect(failure.kind == kind && failure.isRemote == isRemote)
        #expect(failure.isRefused == isRefused && failure.retryAfter == .seconds(7))
        #expect(failure.message == "fetch: why" && failure.hint == "do this")
        #expect(failure.text == "fetch: why: do this")
    }

    @Test("a remote that refuses a push was read, and is not out of reach")
    func push() {
        for code in [RemoteError.Code.authentication, .io] {
            #expect(!SyncFailure(RemoteError(code, "push", "why") as any Error).isRemote)
        }
        #expect(SyncFailure(RemoteError(.unreachable, "push", "why") as any Error).isRemote)
    }

    @Test(
        "of our own repository while something comes from the remote",
        arguments: [
            (.noSpace, retry, "free space"), (.readOnly, user, "writable"), (.io, retry, nil),
        ] as [(RepositoryError.Code, SyncFailure.Kind, String?)])
    func own(code: RepositoryError.Code, kind: SyncFailure.Kind, advice: String?) {
        let own = RepositoryError(code, "write pack", "why")
        let failure = SyncFailure(RemoteError(.io, "fetch", "why", own: own) as any Error)
        #expect(failure.kind == kind && !failure.isRemote && !failure.isRefused)
        #expect(failure.message == "fetch: why")
        #expect(failure.hint?.contains(advice ?? "") ?? (advice == nil))
    }

    @Test("of our own repository that a push met names it")
    func pushed() {
        let own = RepositoryError(.corrupt, "read tree", object: StateSamples.id(1), "why")
        let error = RemoteError(.corrupt, "push", own.description, own: own)
        let failure = SyncFailure(error, repository: "/home/ada/vault.git")
        #expect(failure.kind == .needsUser && !failure.isRemote)
        #expect(failure.hint?.contains("git -C /home/ada/vault.git fsck") == true)
    }

    @Test(
        "of the repository",
        arguments: [
            (.absent, user, "mount"), (.missing, user, "fsck"), (.corrupt, user, "fsck"),
            (.notARepository, user, "fsck"),
            (.moved, retry, nil), (.locked, retry, nil), (.io, retry, nil),
            (.noSpace, retry, "free space"), (.readOnly, user, "writable"),
            (.thinned, retry, "bring-back"),
        ] as [(RepositoryError.Code, SyncFailure.Kind, String?)])
    func repository(code: RepositoryError.Code, kind: SyncFailure.Kind, advice: String?) {
        let error = RepositoryError(code, "read tree", object: StateSamples.id(1), "why")
        let failure = SyncFailure(error as any Error)
        #expect(failure.kind == kind && !failure.isRemote && !failure.isRefused)
        for fact in ["read tree", StateSamples.id(1).hex, "why"] {
            #expect(failure.message.contains(fact))
        }
        #expect(failure.hint?.contains(advice ?? "") ?? (advice == nil))
        let placed = SyncFailure(error, repository: "/home/ada/vault.git")
        #expect(placed.kind == kind && placed.message.contains("/home/ada/vault.git"))
        #expect(!placed.text.contains("REPOSITORY"))
    }

    @Test("what was thinned is claimed to be nowhere else now: nobody looked")
    func thinned() {
        let failure = SyncFailure(RepositoryError(.thinned, "read") as any Error)
        #expect(!failure.text.contains("the remote has it"))
    }

    @Test("names the repository once")
    func once() {
        let error = RepositoryError(.io, "open /v.git")
        #expect(SyncFailure(error, repository: "/v.git") == SyncFailure(error as any Error))
        let other = StateStoreError(.io, "open", "why")
        #expect(SyncFailure(other, repository: "/v.git") == SyncFailure(other as any Error))
    }

    @Test(
        "of the state store",
        arguments: [
            (.corrupt, retry, nil), (.io, retry, nil), (.locked, user, "syncctl status"),
            (.noSpace, retry, "free space"), (.readOnly, user, "writable"),
        ] as [(StateStoreError.Code, SyncFailure.Kind, String?)])
    func store(code: StateStoreError.Code, kind: SyncFailure.Kind, advice: String?) {
        let failure = SyncFailure(StateStoreError(code, "open", "why") as any Error)
        #expect(failure.kind == kind && failure.message.contains("why"))
        #expect(failure.hint?.contains(advice ?? "") ?? (advice == nil))
    }

    @Test(
        "of a folder",
        arguments: [
            (.rootMissing, user, "mount"), (.rootReplaced, user, "--accept-folders"),
            (.notFound, user, nil), (.unreadable, user, "readable"), (.busy, user, nil),
            (.tooLarge, user, nil), (.special, user, nil), (.noSpace, retry, "free space"),
            (.readOnly, user, "writable"), (.tooManyOpenFiles, retry, nil), (.io, user, nil),
            (.name, user, nil), (.link, user, nil), (.mount, user, nil), (.inUse, user, nil),
            (.refused, user, nil), (.readOnlyFileSystem, user, "writable"),
            (.prefixTaken, user, "another prefix"),
        ] as [(FolderError.Code, SyncFailure.Kind, String?)])
    func folder(code: FolderError.Code, kind: SyncFailure.Kind, advice: String?) throws {
        let path = try StateSamples.path("notes/a.md")
        let failure = SyncFailure(FolderError(code, "read", path, "why") as any Error)
        #expect(failure.kind == kind && !failure.isRemote)
        #expect(failure.message.contains("notes/a.md") && failure.message.contains(code.words))
        #expect(failure.hint?.contains(advice ?? "") ?? (advice == nil))
    }

    @Test("a path is held alone, or the folder stops")
    func reasons() {
        let whole: [FolderError.Code] = [
            .rootMissing, .rootReplaced, .noSpace, .tooManyOpenFiles, .notFound,
            .readOnlyFileSystem, .prefixTaken,
        ]
        let one: [(FolderError.Code, QuarantinedPath.Reason)] = [
            (.unreadable, .unreadable), (.busy, .busy), (.tooLarge, .tooLarge),
            (.special, .special), (.readOnly, .readOnly), (.io, .failed), (.name, .name),
            (.link, .link), (.mount, .mount), (.inUse, .inUse), (.refused, .refused),
        ]
        #expect(whole.allSatisfy { $0.reason == nil })
        #expect(one.allSatisfy { $0.0.reason == $0.1 })
    }

    private struct Other: Error, CustomStringConvertible { let description = "something else" }

    @Test("of anything else is tried again, in its own words")
    func others() {
        #expect(SyncFailure(Other()) == SyncFailure(.retry, "something else"))
    }
}
