internal import SyncGit
package import SyncModel

/// A remote on a path: a disk, a memory stick, a mounted share. Has handles of its own on both
/// repositories and a thread of its own to wait in.
package actor PathRemote: RemoteLink {
    private let executor = QueueExecutor(label: "syncd.remote")
    private let local: String
    private let remote: RemotePath
    private let branch: String
    private let device: String
    private let work: WorkCount
    private let unpublished: @Sendable (RepositoryError?) -> Void
    private var open: Session?
    private var turn = PushTurn()

    /// Both repositories and which directories they were when they were opened.
    private struct Session {
        let local: GitRepository
        let remote: ForeignRepository
        let directory: String
        let identities: [FileIdentity?]
    }

    /// Takes where things are; nothing is opened before the first call.
    /// - Parameters:
    ///   - local: the path of the vault's repository.
    ///   - remote: where the other repository is.
    ///   - branch: the synced branch's short name.
    ///   - device: this device's name.
    ///   - work: where what is copied is counted.
    ///   - unpublished: told why the remote does not show how far this device has applied; nil
    ///     once it does.
    package init(
        local: String, remote: RemotePath, branch: String, device: String,
        work: WorkCount = WorkCount(),
        unpublished: @escaping @Sendable (RepositoryError?) -> Void = { _ in }
    ) {
        self.local = local
        self.remote = remote
        self.branch = branch
        self.device = device
        self.work = work
        self.unpublished = unpublished
    }

    deinit { turn.end() }

    /// The queue that the actor blocks.
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    /// Reads the remote's references and copies what is missing here; see `PathTransfer`.
    package func fetch(_ mayBring: IntakeGate) throws(RemoteError) -> RemoteSnapshot {
        let session = try session("fetch")
        let transfer = transfer(session)
        defer { rest(after: transfer) }
        takeTurn(in: session.directory)
        return try transfer.fetch(mayBring)
    }

    /// Takes the turn to push where this device lost it to others. What comes between a look and
    /// its push may last, or fail.
    private func takeTurn(in directory: String) {
        guard let number = turn.take(in: directory) else { return }
        Task { [weak self] in
            let clock = ContinuousClock()
            // Nobody cancels it.
            try? await clock.sleep(for: Limits.turnTime)
            await self?.endTurn(number)
        }
    }

    private func endTurn(_ number: Int) { turn.end(number) }

    /// Moves the remote's branch forward; see `PathTransfer`.
    /// - Returns: `.declined` for a branch that somebody has checked out.
    package func push(_ head: ObjectID, expecting expected: ObjectID?, applied: ObjectID?)
        throws(RemoteError) -> PushOutcome
    {
        let session = try session("push")
        if let words = try whereCheckedOut(session) { return .declined(words) }
        let transfer = transfer(session)
        defer { rest(after: transfer) }
        // What only says how far this device has applied takes nobody's turn.
        if head != expected, !turn.mayPush(to: session.directory, at: .now) {
            turn.pushed(.moved)
            return .moved
        }
        do throws(RemoteError) {
            let outcome = try transfer.push(head, expecting: expected, applied: applied)
            turn.pushed(outcome)
            return outcome
        } catch {
            turn.end()
            throw error
        }
    }

    /// Throws when no push can ever succeed because somebody has the branch checked out.
    package func refuseCheckedOut() throws(RemoteError) {
        if let words = try whereCheckedOut(try session("push")) {
            throw RemoteError(.unusable, "open the remote", words)
        }
    }

    /// Asks whether the remote has some objects, and reads each: an index may name what a bad disk
    /// took.
    package func confirm(_ objects: [ObjectID]) throws(RemoteError) {
        let remote = try session("look for objects").remote
        if remote.borrows(from: "\(local)/objects") {
            throw RemoteError(
                .unusable, "look for objects",
                "the remote borrows its objects from this device's repository: git repack -a -d "
                    + "there, and remove its objects/info/alternates")
        }
        for id in objects where id != Tree.emptyID {
            do throws(RepositoryError) { _ = try remote.object(id) } catch {
                if [.missing, .corrupt, .tooLarge].contains(error.code) { throw .lacks(id.hex) }
                throw RemoteError(error, "look for objects")
            }
        }
    }

    /// Brings the remote's whole history once more; see `PathTransfer`.
    package func bringBack() throws(RemoteError) {
        let transfer = transfer(try session("fetch"))
        defer { rest(after: transfer) }
        try transfer.bringBack()
    }

    /// Takes away what a device said there; see `PathTransfer`.
    package func forget(_ device: String) throws(RemoteError) -> Bool {
        try transfer(try session("forget \(device)")).forget(device)
    }

    /// Where a remote's branch stands, asked without a vault.
    /// - Returns: nil when the remote has no such branch yet.
    /// - Throws: as `fetch`.
    package static func head(of branch: String, at path: RemotePath) throws(RemoteError)
        -> ObjectID?
    {
        do {
            let remote = try ForeignRepository(opening: try path.directory)
            let head = try remote.reference("refs/heads/\(branch)")
            // A branch may name anything; what a fetch would refuse first is told here, too.
            if let head { _ = try remote.tree(remote.commit(head).tree) }
            if head == nil {
                let names = try remote.references("refs/heads/").map(\.name)
                try BranchClash.check(names, branch, "fetch")
            }
            return head
        } catch { throw RemoteError(any: error, "fetch") }
    }

    /// The directories in which something changes when somebody pushes: the branch's file and
    /// its parents, and `packed-refs`. Those that are not there are left out; the nearest parent
    /// tells when they come. Empty while the remote is not there.
    package nonisolated var watchPaths: [String] {
        let directory: String
        do { directory = try remote.directory } catch { return [] }
        var paths = [directory, "\(directory)/refs"]
        var below = "\(directory)/refs/heads"
        for name in branch.split(separator: "/") {
            paths.append(below)
            below += "/\(name)"
        }
        return paths.filter { FileIdentity($0) != nil }
    }

    /// The remote repository's own directory; nil while it is not there.
    package nonisolated var directory: String? {
        do { return try remote.directory } catch { return nil }
    }

    private func transfer(_ session: Session) -> PathTransfer {
        PathTransfer(
            local: session.local, remote: session.remote, branch: branch, device: device,
            work: work, unpublished: unpublished)
    }

    /// Lets go of the repositories when so much was copied that what they mapped would weigh.
    private func rest(after transfer: PathTransfer) {
        if transfer.copied > Limits.batchPaths { open = nil }
    }

    /// The open repositories; opened again when another directory stands at one of the paths.
    private func session(_ operation: String) throws(RemoteError) -> Session {
        let directory = try remote.directory
        let identities = [FileIdentity(local), FileIdentity(directory)]
        do {
            if let open, open.directory == directory, open.identities == identities {
                try open.local.refresh()
                try open.remote.refresh()
                return open
            }
            open = nil
            let session = Session(
                local: try GitRepository(opening: local),
                remote: try ForeignRepository(opening: directory),
                directory: directory, identities: identities)
            open = session
            return session
        } catch { throw RemoteError(error, operation) }
    }

    /// From under which working directory a push would pull the branch, and what to do; nil for
    /// none.
    private func whereCheckedOut(_ session: Session) throws(RemoteError) -> String? {
        let reference = "refs/heads/\(branch)"
        do {
            if session.directory.hasSuffix("/.git"), try session.remote.headBranch() == reference {
                return "\(remote.path) is a working directory that has \(branch) checked out; "
                    + "a remote has to be bare: git init --bare PATH"
            }
            if let name = try session.remote.worktree(of: reference) {
                return "\(branch) of \(remote.path) is checked out in its worktree \(name): git -C "
                    + "\(ShellWord.shown(remote.path)) worktree list; git worktree remove, or prune"
            }
            return nil
        } catch { throw RemoteError(error, "push") }
    }
}
