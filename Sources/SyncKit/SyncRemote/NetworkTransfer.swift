internal import SyncGit
internal import SyncHTTP
internal import SyncModel

/// Fetching from and pushing to a repository on a server, over any wire.
struct NetworkTransfer {
    let local: GitRepository
    let wire: any GitWire
    let branch: String
    let device: String
    let work: WorkCount
    let cancellation: Cancellation
    /// For how long is believed what the remote refused, or could not give.
    let refusalMemory: Duration
    /// Told why the remote does not show how far this device has applied; nil once it does.
    let unpublished: (RepositoryError?) -> Void
    /// Told before each request that pushes.
    let willPush: () -> Void

    /// What is remembered from one call to the next; losing it costs a request.
    struct Memory {
        /// The references as they were last seen.
        var references: [String: ObjectID] = [:]
        /// Whether nothing was pushed since then.
        var isFresh = false
        /// What the remote could not give whole, by when it is asked for it again.
        var lacking: [ObjectID: ContinuousClock.Instant] = [:]
        /// What the remote did not let this device publish, by when it is asked again.
        var refused: (id: ObjectID, end: ContinuousClock.Instant)?
        /// Whether the remote said that objects are missing: nothing of what is remembered says
        /// then what it has, but its references as they stand when the next push is made.
        var isDoubted = false
    }

    var reference: String { "refs/heads/\(branch)" }
    var ownReference: String { PathTransfer.devices + device }

    var isOurs: (String) -> Bool {
        { [reference] in
            $0 == reference || $0.hasPrefix(PathTransfer.devices)
                || BranchClash.isInTheWay($0, of: reference)
        }
    }

    /// Reads the remote's references and brings what is missing here.
    /// - Parameter mayBring: asked before anything is brought.
    /// - Returns: what was seen; every commit it names is here, but for a head that may not be
    ///   brought. A device whose commit the remote does not have whole is left out.
    /// - Throws: as `RemoteLink.fetch`.
    func fetch(_ memory: inout Memory, _ mayBring: IntakeGate) throws(RemoteError)
        -> RemoteSnapshot
    {
        defer { wire.close() }
        let server = try wire.open(.upload, wanted: isOurs, cancellation)
        var references = try references(server)
        let head = references[reference]
        if head == nil { try BranchClash.check(references.keys, branch, "fetch") }
        references = references.filter { !BranchClash.isInTheWay($0.key, of: reference) }
        let named = Set(references.values)
        memory.lacking = memory.lacking.filter {
            named.contains($0.key) && $0.key != head && $0.value > .now
        }
        let missing = try missing(named.subtracting(memory.lacking.keys), head, mayBring)
        if !missing.isEmpty {
            do throws(RemoteError) {
                try receive(missing.sorted(), server, memory)
            } catch {
                guard let head, missing != [head], [.corrupt, .tooLarge, .io].contains(error.code),
                    !cancellation.isCancelled
                else { throw error }
                // A device may have said something that the remote does not have whole.
                // A server in trouble says the same of what it has.
                let span =
                    error.code == .io ? min(refusalMemory, Limits.slowestTry) : refusalMemory
                for id in missing where id != head && error.own == nil {
                    memory.lacking[id] = .now + span
                }
                if missing.contains(head) { try receiveAlone(head, memory) }
            }
        }
        (memory.references, memory.isFresh) = (references, true)
        do throws(RepositoryError) {
            if let head, local.contains(head) || missing.contains(head) {
                _ = try local.commit(head)
            }
            var devices: [String: ObjectID] = [:]
            for (name, id) in references where name != reference {
                if try isCommit(id) {
                    devices[String(name.dropFirst(PathTransfer.devices.count))] = id
                }
            }
            return RemoteSnapshot(head: head, devices: devices)
        } catch { throw RemoteError(error, "fetch") }
    }

    /// What is to be brought of what the references name.
    private func missing(
        _ named: Set<ObjectID>, _ head: ObjectID?, _ mayBring: IntakeGate
    ) throws(RemoteError) -> Set<ObjectID> {
        var missing = named.filter { !local.contains($0) }.sorted()
        if missing.isEmpty { return [] }
        let place = head.flatMap { missing.firstIndex(of: $0) }
        if let place { missing.swapAt(0, place) }
        return Set(try mayBring(missing, place != nil))
    }

    private func isCommit(_ id: ObjectID) throws(RepositoryError) -> Bool {
        guard local.contains(id) else { return false }
        return try local.header(id).kind == .commit
    }

    private func receiveAlone(_ head: ObjectID, _ memory: Memory) throws(RemoteError) {
        wire.close()
        let server = try wire.open(.upload, wanted: isOurs, cancellation)
        try receive([head], server, memory)
    }

    /// Brings the remote's whole history, as if nothing were here.
    func bringBack() throws(RemoteError) {
        defer { wire.close() }
        let server = try wire.open(.upload, wanted: isOurs, cancellation)
        guard let head = try references(server)[reference] else { throw RemoteError.noBranch }
        try receive([head], server, having: [], behind: [])
    }

    /// Asks whether the remote has some objects.
    func confirm(_ objects: [ObjectID]) throws(RemoteError) {
        var rest = objects[...]
        while !rest.isEmpty {
            let some = Array(rest.prefix(Limits.askedObjects))
            rest = rest.dropFirst(some.count)
            let server = try wire.open(.upload, wanted: isOurs, cancellation)
            defer { wire.close() }
            if server.version != 2 {
                throw RemoteError(
                    .unusable, "look for objects", "the remote's git does not say what it has",
                    hint: "let its sshd accept GIT_PROTOCOL (AcceptEnv), or update git there")
            }
            let request = GitRequest(
                FetchRequest(server: server).question(some), isQuestion: true)
            var answer = PossessionAnswer()
            try wire.send(request) { packet throws(RemoteError) in try answer.take(packet.line) }
            try answer.finish()
        }
    }

    /// The references as they stand now.
    func references(_ server: Advertisement) throws(RemoteError) -> [String: ObjectID] {
        let prefixes = BranchClash.prefixes(reference) + [PathTransfer.devices]
        return try wire.references(server, below: prefixes, wanted: isOurs)
    }

    /// Brings objects with all they refer to, but for what is here.
    private func receive(_ wanted: [ObjectID], _ server: Advertisement, _ memory: Memory)
        throws(RemoteError)
    {
        let named: [ObjectID]
        // A remote that stood here a while ago has gone on from there.
        let isKnown = memory.references[reference].map { local.contains($0) } ?? false
        do {
            named = try NamedCommits.sample(
                try tips(memory), reading: local,
                most: isKnown ? Limits.nearHistory : Limits.historyWalk)
        } catch { throw RemoteError(own: error, "fetch") }
        try receive(wanted, server, having: named, behind: local.thinnedBehind)
    }

    private func receive(
        _ wanted: [ObjectID], _ server: Advertisement, having named: [ObjectID],
        behind shallow: [ObjectID]
    ) throws(RemoteError) {
        do {
            let request = GitRequest(
                FetchRequest(server: server).objects(wanted, having: named, behind: shallow))
            let pack = try IncomingPack(into: local)
            work.begin(.fetch)
            defer { work.end(.fetch) }
            var reader = ObjectsReader(server)
            try wire.send(request) { packet throws(RemoteError) in
                try reader.take(packet) { piece throws(RemoteError) in
                    try add(piece, to: pack)
                }
            }
            try pack.finish(wanted)
        } catch { throw RemoteError(any: error, "fetch", isOwn: true) }
    }

    private func add(_ piece: UnsafeRawBufferPointer, to pack: IncomingPack) throws(RemoteError) {
        do { try pack.append(piece) } catch { throw RemoteError(error, "fetch", isOwn: true) }
        work.add(.fetch, 0, bytes: piece.count)
        work.set(.fetch, pack.objects.received, of: pack.objects.total)
    }

    /// Commits that are here and that the remote is most likely to know.
    private func tips(_ memory: Memory) throws(RepositoryError) -> [ObjectID] {
        var tips = Set(memory.references.values).filter { local.contains($0) }.sorted()
        if let own = try local.reference(reference), !tips.contains(own) { tips.append(own) }
        var commits: [ObjectID] = []
        for tip in tips where try isCommit(tip) { commits.append(tip) }
        return commits
    }
}

extension RemoteError {
    /// What was thinned here is to come back, and the remote has nothing.
    static var noBranch: RemoteError {
        RemoteError(.missing, "fetch what was thinned", "the remote has no such branch any more")
    }

    /// Takes a failure of a repository or of the wire.
    /// - Parameter isOwn: whether a repository's is that of this device's, while it was written to.
    init(any error: any Error, _ operation: String, isOwn: Bool = false) {
        switch error {
        case let error as RemoteError: self = error
        case let error as RepositoryError: self.init(error, operation, isOwn: isOwn)
        case let error as HTTPError: self.init(error, operation)
        default: self.init(.io, operation, "\(error)")
        }
    }
}
