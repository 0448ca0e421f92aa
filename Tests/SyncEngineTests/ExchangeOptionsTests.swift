import SyncEngine
import SyncModel
import SyncRemote
import SyncTestKit
import Synchronization
import Testing

@Suite("What an exchange asks of a remote that is far")
struct ExchangeOptionsTests {
    /// A device in memory whose remote counts what it is asked.
    final class Scene: Sendable {
        let clock = SimClock()
        let repository = InMemoryRepository()
        let remote = InMemoryRepository()
        let folder: SimFolder
        let asked = Mutex<[String]>([])
        /// Ends the next push: its answer is lost, although it was taken.
        let isCut = Mutex(false)
        /// Whether others are faster at each push.
        let isOutrun = Mutex(false)
        private let options: ExchangeOptions
        /// What a program has open.
        let busy = Busy()
        /// How many more changes of the folder the engine may make; nil for any number.
        let changesLeft = Changes()

        final class Changes: Sendable {
            let count = Mutex<Int?>(nil)

            /// Happens before each.
            let meanwhile = Mutex<(@Sendable () -> Void)?>(nil)

            func take() throws(FolderError) {
                meanwhile.withLock { $0 }?()
                let isOver = count.withLock { count in
                    count = count.map { $0 - 1 }
                    return count.map { $0 < 0 } ?? false
                }
                if isOver { throw FolderError(.io, "change a file", nil, "the process ends") }
            }
        }

        final class Busy: Sendable {
            /// Whether that is every file.
            let isOn = Mutex(false)
            let paths = Mutex<Set<TreePath>>([])

            func has(_ path: TreePath) -> Bool {
                isOn.withLock { $0 } || paths.withLock { $0.contains(path) }
            }
        }

        init(_ options: ExchangeOptions = .init(pushesFirst: true, publishesLater: true)) {
            self.options = options
            let (busy, changesLeft) = (busy, changesLeft)
            folder = SimFolder(
                clock: clock,
                before: { isChange throws(FolderError) in if isChange { try changesLeft.take() } },
                isBusy: { busy.has($0) }, lateWrite: { _, _ in nil }, destroys: { _, _ in })
        }

        func vault(
            _ store: any StateStore = InMemoryStateStore(), _ notes: SimNotes? = nil,
            exclude: [String] = []
        ) throws -> Vault {
            let link = SimRemote(
                fetch: { [self] mayBring throws(RemoteError) in
                    asked.withLock { $0.append("look") }
                    return try transfer().fetch(mayBring)
                },
                push: { [self] head, expected, applied throws(RemoteError) in
                    asked.withLock { $0.append("push") }
                    if isOutrun.withLock({ $0 }) { return .moved }
                    let outcome = try transfer().push(
                        head, expecting: expected, applied: applied)
                    if isCut.withLock({ $0 }) { throw RemoteError(.unreachable, "push", "cut") }
                    return outcome
                })
            return Vault(
                identity: .init(name: "v", device: "linden", branch: "sync"),
                repository: repository,
                folders: [
                    VaultFolder(
                        id: try #require(TreePath("notes")), access: folder, exclude: exclude)
                ],
                store: store, remote: link, clock: clock,
                brake: try notes.map { try Brake($0, clock: clock) })
        }

        private func transfer() -> PathTransfer {
            PathTransfer(local: repository, remote: remote, branch: "sync", device: "linden")
        }

        /// Writes a file and makes one cycle; gives what the remote was asked, in order.
        func cycle(
            _ vault: Vault, writing text: String? = nil, to outcome: ExchangeOutcome = .inSync
        ) async throws -> [String] {
            clock.advance(1_000_000_000)
            if let text {
                folder.write(
                    try #require(TreePath("a.txt")), Array(text.utf8), mode: .regular,
                    inPlace: false)
            }
            try vault.capture([vault.folders[0].id: .everything])
            asked.withLock { $0 = [] }
            #expect(try await vault.exchange(options) == outcome)
            #expect(try repository.reference("refs/heads/sync") == head())
            return asked.withLock { $0 }
        }

        func head() throws -> ObjectID? { try remote.reference("refs/heads/sync") }

        func published() throws -> ObjectID? {
            try remote.reference("refs/sync/devices/linden")
        }

        /// Somebody else's commit at the remote: a file with its name or a text in it, or gone.
        func push(
            _ name: String, _ text: String? = nil, isGone: Bool = false, mode: FileMode = .regular
        ) throws {
            clock.advance(1_000_000_000)
            let head = try head()
            let pack = try remote.beginPack()
            let blob = try pack.add(.blob, Array((text ?? name).utf8))
            let version = isGone ? nil : FileVersion(mode: mode, id: blob)
            let tree = try TreeEdit.apply(
                [try #require(TreePath("notes/\(name)")): version],
                to: try head.map { try remote.commit($0).tree }, reading: remote, writing: pack)
            let who = Signature(name: "x", email: "x@y", seconds: clock.now().milliseconds / 1000)
            let commit = Commit(
                tree: tree, parents: head.map { [$0] } ?? [], author: who, committer: who,
                message: name)
            let id = try pack.add(.commit, commit.serialized)
            try pack.finish()
            try remote.setReference("refs/heads/sync", to: id, expecting: head)
        }
    }

    @Test("the first exchange looks, those after it push at once, and some time it looks again")
    func pushes() async throws {
        let scene = Scene()
        let vault = try scene.vault()
        #expect(try await scene.cycle(vault, writing: "first") == ["look", "push"])
        for number in 0..<Limits.pushesSinceFetch {
            #expect(try await scene.cycle(vault, writing: "\(number)") == ["push"])
        }
        #expect(try await scene.cycle(vault, writing: "last") == ["look", "push"])
        #expect(try await scene.cycle(vault) == ["look"])
        // Another run has seen nothing yet.
        #expect(try await scene.cycle(try scene.vault(), writing: "anew") == ["look", "push"])
    }

    @Test("a push that meets another is refused, and the other's change is there afterwards")
    func meets() async throws {
        let scene = Scene()
        let vault = try scene.vault()
        _ = try await scene.cycle(vault, writing: "one")
        try scene.push("other.txt")
        #expect(try await scene.cycle(vault, writing: "two") == ["push", "look", "push"])
        #expect(scene.folder.files.count == 2)
    }

    @Test("what this device made goes out though somebody pushes whenever it applies")
    func contested() async throws {
        let scene = Scene(.none)
        let vault = try scene.vault()
        _ = try await scene.cycle(vault, writing: "one")
        try scene.push("other.txt")
        let count = Mutex(0)
        scene.changesLeft.meanwhile.withLock {
            $0 = { [unowned scene] in
                let number = count.withLock { count in
                    count += 1
                    return count
                }
                do { try scene.push("\(number).txt") } catch { Issue.record(error) }
            }
        }
        scene.folder.write(
            try #require(TreePath("a.txt")), Array("two".utf8), mode: .regular, inPlace: false)
        try vault.capture([vault.folders[0].id: .everything])
        _ = try await vault.exchange(.none)
        #expect(count.withLock { $0 } > 1)
        let tree = try scene.remote.commit(try #require(try scene.head())).tree
        let file = try TreeDiff.file(
            at: try #require(TreePath("notes/a.txt")), of: tree, reading: scene.remote)
        #expect(file?.id == ObjectID(hashing: Array("two".utf8), as: .blob))
        scene.changesLeft.meanwhile.withLock { $0 = nil }
        _ = try await scene.cycle(vault)
        #expect(try scene.repository.reference("refs/heads/sync") == scene.head())
    }

    @Test("what waits to be pushed is as old as the oldest of it, also behind a merge")
    func ageOfWhatWaits() async throws {
        let scene = Scene(.none)
        let vault = try scene.vault()
        _ = try await scene.cycle(vault, writing: "one")
        scene.isOutrun.withLock { $0 = true }
        scene.folder.write(
            try #require(TreePath("a.txt")), Array("two".utf8), mode: .regular, inPlace: false)
        try vault.capture([vault.folders[0].id: .everything])
        scene.clock.advance(60_000_000_000)
        try scene.push("theirs.txt")
        let outcome = try await vault.exchange(.none)
        #expect(outcome == .outpaced)
        #expect(SyncFailure(outcome)?.kind == .retry)
        var status = VaultStatus(vault: "v", device: "linden")
        try vault.report.describe(&status)
        #expect(status.pending.commitsToPush == 2)
        #expect(status.pending.oldestUnsyncedSeconds == 61)
        scene.isOutrun.withLock { $0 = false }
        #expect(try await vault.exchange(.none) == .inSync)
        try vault.report.describe(&status)
        #expect(status.pending == VaultStatus.Pending())
    }

    @Test("a push whose answer was lost is followed by a look")
    func lost() async throws {
        let scene = Scene()
        let vault = try scene.vault()
        _ = try await scene.cycle(vault, writing: "one")
        scene.isCut.withLock { $0 = true }
        await #expect(throws: RemoteError.self) {
            try await scene.cycle(vault, writing: "two")
        }
        scene.isCut.withLock { $0 = false }
        #expect(try await scene.cycle(vault, writing: "three").first == "look")
    }

    @Test("a remote that was taken back is seen although the push goes first")
    func takenBack() async throws {
        let scene = Scene()
        let vault = try scene.vault()
        _ = try await scene.cycle(vault, writing: "one")
        let old = try scene.head()
        _ = try await scene.cycle(vault, writing: "two")
        let new = try scene.head()
        try scene.remote.setReference("refs/heads/sync", to: try #require(old), expecting: new)
        scene.folder.write(
            try #require(TreePath("a.txt")), Array("three".utf8), mode: .regular, inPlace: false)
        try vault.capture([vault.folders[0].id: .everything])
        let outcome = try await vault.exchange(.init(pushesFirst: true, publishesLater: true))
        guard case .stopped = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(try scene.head() == old)
        // While there is something to choose, nothing is pushed at all.
        scene.asked.withLock { $0 = [] }
        _ = try await vault.exchange(.init(pushesFirst: true, publishesLater: true))
        #expect(scene.asked.withLock { $0 } == ["look"])
    }

    @Test("how far the device is goes with a look that finds nothing, and is put off ten times")
    func publishes() async throws {
        let scene = Scene()
        let vault = try scene.vault()
        _ = try await scene.cycle(vault, writing: "one")
        try scene.push("other.txt")
        #expect(try await scene.cycle(vault) == ["look"])
        #expect(try scene.published() != scene.head())
        // It is known here all the same, should the record be lost.
        #expect(try scene.repository.reference("refs/sync/devices/linden") == scene.head())
        #expect(try await scene.cycle(vault) == ["look", "push"])
        #expect(try scene.published() == scene.head())
        for number in 0..<Limits.unpublishedRounds {
            try scene.push("\(number).txt")
            #expect(try await scene.cycle(vault) == ["look"])
        }
        try scene.push("last.txt")
        #expect(try await scene.cycle(vault) == ["look", "push"])
        #expect(try scene.published() == scene.head())
    }

    @Test("a single cycle puts nothing off, and a remote that is near is looked at first")
    func near() async throws {
        let scene = Scene(.none)
        let vault = try scene.vault()
        _ = try await scene.cycle(vault, writing: "one")
        #expect(try await scene.cycle(vault, writing: "two") == ["look", "push"])
        try scene.push("other.txt")
        #expect(try await scene.cycle(vault) == ["look", "push"])
        #expect(try scene.published() == scene.head())
    }
}
