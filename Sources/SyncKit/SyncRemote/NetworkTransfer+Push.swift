internal import SyncGit
internal import SyncHTTP
internal import SyncModel

extension NetworkTransfer {
    /// Moves the remote's branch, if it stands where it is expected and only forward, and says in
    /// the same request how far this device has applied.
    /// - Parameters: as `PathTransfer.push`.
    /// - Returns: `.moved` when the branch stands elsewhere or `head` does not descend from it,
    ///   `.declined` with the remote's own words.
    /// - Throws: as `RemoteLink.push`. The remote may have taken the push all the same when its
    ///   answer was lost: the next fetch shows that.
    func push(
        _ head: ObjectID, expecting expected: ObjectID?, applied: ObjectID?,
        _ memory: inout Memory
    ) throws(RemoteError) -> PushOutcome {
        let wasDoubted = memory.isDoubted
        let outcome = try pushOnce(head, expecting: expected, applied: applied, &memory)
        guard case .declined = outcome, memory.isDoubted, !wasDoubted else { return outcome }
        return try pushOnce(head, expecting: expected, applied: applied, &memory)
    }

    private func pushOnce(
        _ head: ObjectID, expecting expected: ObjectID?, applied: ObjectID?,
        _ memory: inout Memory
    ) throws(RemoteError) -> PushOutcome {
        defer { wire.close() }
        do {
            guard try Ancestry(local: local).isForward(from: expected, to: head) else {
                return .moved
            }
            // Only what its references lead to just now is sure to be there.
            if memory.isDoubted {
                try look(&memory)
                let current = memory.references[reference]
                if current != expected && current != head { return .moved }
            }
            if commands(head, expected, applied, memory).isEmpty { return .accepted }
            var server = try wire.open(.receive, wanted: isOurs, cancellation)
            guard server.hasOurObjects, server.capabilities["report-status"] != nil else {
                throw RemoteError(.io, "push", "the remote's git is too old or of another kind")
            }
            var expected = expected
            if !server.references.isEmpty {
                memory.references = server.references
                let current = server.references[reference]
                if current == head { expected = head }
                if current != expected { return .moved }
            }
            let commands = commands(head, expected, applied, memory)
            if commands.isEmpty { return .accepted }
            let missing = try missing(for: commands, memory)
            if server.references.isEmpty, !memory.isFresh, try isLarge(missing) {
                // Nobody sends much for a server to refuse it: somebody may have been faster.
                try look(&memory)
                if memory.references[reference] != expected { return .moved }
                server = try wire.open(.receive, wanted: isOurs, cancellation)
            }
            let report = try send(commands, missing, server, &memory)
            memory.isFresh = false
            let outcome = try judge(report, commands, expected: expected, &memory)
            if let outcome { return outcome }
            wire.close()
            let alone = Array(commands.prefix(1))
            let again = try send(
                alone, try self.missing(for: alone, memory),
                try wire.open(.receive, wanted: isOurs, cancellation), &memory)
            return try judge(again, alone, expected: expected, &memory) ?? .moved
        } catch let error as RepositoryError {
            throw RemoteError(own: error, "push")
        } catch { throw RemoteError(any: error, "push") }
    }

    private func commands(
        _ head: ObjectID, _ expected: ObjectID?, _ applied: ObjectID?, _ memory: Memory
    ) -> [PushCommand] {
        var commands: [PushCommand] = []
        if head != expected {
            commands.append(PushCommand(reference: reference, old: expected, new: head))
        }
        let published = memory.references[ownReference]
        let refused = memory.refused.flatMap { $0.end > .now ? $0.id : nil }
        let isRefused = refused != nil && (refused == applied || published == nil)
        if let applied, applied != published, !isRefused, local.contains(applied) {
            commands.append(PushCommand(reference: ownReference, old: published, new: applied))
        }
        return commands
    }

    /// The objects that the remote lacks.
    private func missing(for commands: [PushCommand], _ memory: Memory) throws -> [ObjectID] {
        // What a reference of the remote leads to is there: nobody rewinds but by new objects.
        let known = Set(memory.references.values).union(commands.compactMap(\.old))
        let commits = try local.commits(from: commands.compactMap(\.new), notIn: known.sorted())
        return try MissingObjects.ids(of: commits.reversed(), reading: local)
    }

    /// Whether a request with these objects may be longer than `Limits.requestBufferBytes`.
    private func isLarge(_ ids: [ObjectID]) throws(RepositoryError) -> Bool {
        var bytes = 0
        for id in ids where bytes <= Limits.requestBufferBytes && id != Tree.emptyID {
            bytes += try local.header(id).size
        }
        return bytes > Limits.requestBufferBytes
    }

    /// Asks where the references stand now.
    private func look(_ memory: inout Memory) throws(RemoteError) {
        memory.references = try references(wire.open(.upload, wanted: isOurs, cancellation))
            .filter { !BranchClash.isInTheWay($0.key, of: reference) }
        memory.isFresh = true
        wire.close()
    }

    private func send(
        _ commands: [PushCommand], _ missing: [ObjectID], _ server: Advertisement,
        _ memory: inout Memory
    ) throws -> PushReport {
        let pack = try OutgoingPack(missing, of: local)
        var report = PushReport(server)
        willPush()
        work.begin(.push, of: missing.count)
        defer { work.end(.push) }
        let request = GitRequest(commands, pack, to: server) { [work] in
            work.add(.push, 0, bytes: $0)
            work.set(.push, $1, of: missing.count)
        }
        do throws(RemoteError) {
            try wire.send(request) { packet throws(RemoteError) in try report.take(packet) }
        } catch {
            if PushRefusal.isOfObjects(error.cause) { memory.isDoubted = true }
            throw error
        }
        guard report.isDone else { throw RemoteError.cut("push") }
        return report
    }

    /// What a report means.
    /// - Returns: nil when the branch was refused only because the device was.
    private func judge(
        _ report: PushReport, _ commands: [PushCommand], expected: ObjectID?,
        _ memory: inout Memory
    ) throws(RemoteError) -> PushOutcome? {
        var refusal: String?
        memory.isDoubted = report.isOfObjects
        for command in commands {
            let outcome = report.outcomes[command.reference]
            let reason = outcome.map { $0 } ?? "the remote said nothing of it"
            guard let reason else {
                memory.references[command.reference] = command.new
                if command.reference == ownReference {
                    memory.refused = nil
                    unpublished(nil)
                }
                continue
            }
            if command.reference == reference {
                refusal = reason
            } else if !Self.isForCompany(reason) {
                if !memory.isDoubted {
                    memory.refused = command.new.map { ($0, .now + refusalMemory) }
                }
                unpublished(RepositoryError(.io, "publish \(command.reference)", reason))
            }
        }
        guard let refusal, let head = commands.first?.new else { return .accepted }
        // Servers say in many ways that somebody else was faster: the reference itself tells.
        wire.close()
        let server = try wire.open(.upload, wanted: isOurs, cancellation)
        let now = try references(server)
        memory.references = now
        if now[reference] == head { return .accepted }
        if now[reference] != expected { return .moved }
        // A server's hook that takes no reference of a device's refuses all of a push for it.
        let isOwnRefused =
            !memory.isDoubted && report.unpackFailure == nil
            && memory.refused != nil && memory.refused?.id == commands.last?.new
        if commands.count > 1 && (Self.isForCompany(refusal) || isOwnRefused) { return nil }
        let reason = report.unpackFailure.map { "the pack was not taken (\($0))" } ?? refusal
        return .declined(PushRefusal(reason, report.words.text).words)
    }

    /// Whether a reference was refused because another one was.
    private static func isForCompany(_ reason: String) -> Bool {
        reason.contains("atomic") || reason.contains("transaction")
    }
}

extension PushReport {
    /// Whether the server refused something because objects are missing.
    fileprivate var isOfObjects: Bool {
        let reasons = [unpackFailure].compactMap { $0 } + outcomes.values.compactMap { $0 }
        return !reasons.isEmpty
            && PushRefusal.isOfObjects("\(reasons.joined(separator: " ")) \(words.text)")
    }
}
