internal import SyncMerge
package import SyncModel

/// Fetching from and pushing to a repository that can be read and written directly.
package final class PathTransfer {
    /// The prefix of the references by which devices say how far they have applied.
    package static let devices = "refs/sync/devices/"

    /// How many objects were copied, either way.
    private(set) var copied = 0

    private let local: any ObjectRepository
    private let remote: any ObjectRepository
    private let branch: String
    private let device: String
    private let work: WorkCount
    private let unpublished: (RepositoryError?) -> Void

    /// Takes both repositories.
    /// - Parameters:
    ///   - branch: the synced branch's short name.
    ///   - device: this device's name.
    ///   - work: where what is copied is counted.
    ///   - unpublished: told why the remote does not show how far this device has applied. That
    ///     is for people to look at, and the next push tells it again: it never fails a push.
    package init(
        local: any ObjectRepository, remote: any ObjectRepository, branch: String,
        device: String, work: WorkCount = WorkCount(),
        unpublished: @escaping (RepositoryError?) -> Void = { _ in }
    ) {
        self.local = local
        self.remote = remote
        self.branch = branch
        self.device = device
        self.work = work
        self.unpublished = unpublished
    }

    private var reference: String { "refs/heads/\(branch)" }

    /// Reads the remote's references and copies what is missing here.
    /// - Parameter mayBring: asked before anything is copied.
    /// - Returns: what was seen; every commit it names is here, but for a head that may not be
    ///   brought. A device whose commit the remote does not have whole is left out.
    /// - Throws: `.corrupt` when the branch is not whole, `.noSpace`, `.readOnly` or `.io`.
    package func fetch(_ mayBring: IntakeGate = { missing, _ in missing }) throws(RemoteError)
        -> RemoteSnapshot
    {
        var transfer = incoming
        do {
            let head = try remote.reference(reference)
            if head == nil { try checkNames() }
            work.begin(.fetch)
            defer { work.end(.fetch) }
            if let head {
                // Who may only read the remote has all of it all the same.
                do throws(RemoteError) { try mend(head, "fetch") } catch {
                    if ![.readOnly, .noSpace].contains(error.code) { throw error }
                }
            }
            if let head, try local.contains(head) || !mayBring([head], true).isEmpty {
                copied += try transfer.copy([head], toleratesPast: true)
            }
            var applied: [String: ObjectID] = [:]
            for (name, id) in try remote.references(Self.devices) {
                guard try local.contains(id) || !mayBring([id], false).isEmpty else { continue }
                if try bring(id, by: &transfer) {
                    applied[String(name.dropFirst(Self.devices.count))] = id
                }
            }
            return RemoteSnapshot(head: head, devices: applied)
        } catch { throw RemoteError(any: error, "fetch", isOwn: transfer.hasTargetFailed) }
    }

    /// From the remote to here.
    private var incoming: ObjectTransfer {
        ObjectTransfer(from: remote, to: local) { [work] in work.add(.fetch, 1, bytes: $0) }
    }

    /// From here to the remote.
    private var outgoing: ObjectTransfer {
        ObjectTransfer(from: local, to: remote) { [work] in work.add(.push, 1, bytes: $0) }
    }

    /// Sends again what the remote lost of its own head's history, as a bad disk or a power cut
    /// there takes it: no push upon it would notice, and nobody could clone it.
    private func mend(_ head: ObjectID, _ operation: String) throws(RemoteError) {
        guard local.contains(head) else { return }
        let tree: ObjectID
        do { tree = try local.commit(head).tree } catch { throw RemoteError(own: error, operation) }
        // Where nobody could look nothing is known to be lost.
        do throws(RepositoryError) {
            var isWhole = try remote.holds(head)
            if isWhole && tree != Tree.emptyID { isWhole = try remote.holds(tree) }
            if isWhole { return }
        } catch { throw RemoteError(error, operation) }
        guard tree == Tree.emptyID || local.contains(tree) else { return }
        try send(operation) { (transfer) throws(RepositoryError) in
            try transfer.copyAgain([head])
        }
    }

    /// Copies from here to the remote, and tells which of the two failed.
    /// - Parameter copy: reads this device's repository, and writes by the transfer alone; gives
    ///   how many objects were copied.
    private func send(
        _ operation: String,
        _ copy: (inout ObjectTransfer) throws(RepositoryError) -> Int
    ) throws(RemoteError) {
        var transfer = outgoing
        do throws(RepositoryError) { copied += try copy(&transfer) } catch {
            throw transfer.hasTargetFailed
                ? RemoteError(error, operation) : RemoteError(own: error, operation)
        }
    }

    /// Whether a push moves the branch forward.
    private func isForward(from expected: ObjectID?, to head: ObjectID) throws(RemoteError)
        -> Bool
    {
        do { return try Ancestry(local: local).isForward(from: expected, to: head) } catch {
            throw RemoteError(own: error, "push")
        }
    }

    private func checkNames() throws {
        try BranchClash.check(
            try remote.references("refs/heads/").map(\.name), branch, "fetch")
    }

    /// Copies a device's commit; false when the remote does not have it whole.
    private func bring(_ id: ObjectID, by transfer: inout ObjectTransfer)
        throws(RepositoryError) -> Bool
    {
        do {
            copied += try transfer.copy([id], toleratesPast: true)
            return true
        } catch {
            if [.missing, .corrupt, .tooLarge].contains(error.code) { return false }
            throw error
        }
    }

    /// Copies the remote's whole history once more, as far as the remote has it.
    /// - Throws: as `RemoteLink.bringBack`.
    package func bringBack() throws(RemoteError) {
        var transfer = incoming
        do {
            guard let head = try remote.reference(reference) else { throw RemoteError.noBranch }
            work.begin(.fetch)
            defer { work.end(.fetch) }
            copied += try transfer.copyAgain([head])
        } catch { throw RemoteError(any: error, "fetch", isOwn: transfer.hasTargetFailed) }
    }

    /// Moves the remote's branch, if it stands where it is expected and only forward, and then
    /// says how far this device has applied.
    /// - Parameters:
    ///   - head: a local commit.
    ///   - expected: the remote's head when it was last fetched; nil when it had none.
    ///   - applied: what all folders of this device hold; nil says nothing new.
    /// - Returns: `.moved` when the branch stands elsewhere or `head` does not descend from it:
    ///   nothing but unreferenced objects has changed then.
    package func push(_ head: ObjectID, expecting expected: ObjectID?, applied: ObjectID?)
        throws(RemoteError) -> PushOutcome
    {
        do {
            let current = try remote.reference(reference)
            if current != head {
                guard current == expected, try isForward(from: expected, to: head) else {
                    return .moved
                }
                work.begin(.push)
                defer { work.end(.push) }
                if let expected { try mend(expected, "push") }
                try send("push") { (transfer) throws(RepositoryError) in
                    let known = try expected.map { (id) throws(RepositoryError) in
                        try local.commit(id).tree
                    }
                    let commits = try History(CommitStamps(reading: local))
                        .commits(behind: head, notBehind: expected.map { [$0] } ?? [])
                    return try transfer.send(commits, beside: known)
                }
                guard try move(from: expected, to: head) else { return .moved }
            }
        } catch { throw RemoteError(any: error, "push") }
        do {
            try publish(applied)
            unpublished(nil)
        } catch { unpublished(error) }
        return .accepted
    }

    /// Moves the branch; false when somebody else did, or is about to.
    private func move(from expected: ObjectID?, to head: ObjectID) throws(RepositoryError)
        -> Bool
    {
        do {
            try remote.setReference(reference, to: head, expecting: expected)
            return true
        } catch {
            if error.code == .moved || error.code == .locked { return false }
            throw error
        }
    }

    private func publish(_ applied: ObjectID?) throws(RepositoryError) {
        guard let applied else { return }
        let name = Self.devices + device
        let before = try remote.reference(name)
        if before != applied {
            try remote.setReference(name, to: applied, expecting: before)
        }
    }

    /// Takes away what a device said at the remote of how far it has applied.
    /// - Returns: false when it said nothing there.
    /// - Throws: as `RemoteLink.forget`.
    package func forget(_ device: String) throws(RemoteError) -> Bool {
        let name = Self.devices + device
        do {
            guard let old = try remote.references(Self.devices).first(where: { $0.name == name })
            else { return false }
            try remote.setReference(name, to: nil, expecting: old.id)
            return true
        } catch { throw RemoteError(error, "forget \(device)") }
    }
}
