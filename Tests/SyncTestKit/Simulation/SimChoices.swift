internal import SyncEngine
internal import SyncMerge
internal import SyncModel

/// What users ask for: conflicts resolved, versions brought back.
extension SimWorld {
    /// Makes a choice as the service does: captures what is there, commits the choice, applies it.
    func decide(_ device: SimDevice) async throws {
        guard let vault = device.vault, !device.isOut else { return }
        let dirty = device.dirty
        device.dirty = DirtyPaths()
        do {
            try vault.capture([prefix: .everything], .init(live: true))
            let head = try vault.head()
            do {
                if traits.reverts, more.oneIn(2) {
                    try revert(device, vault)
                } else if more.oneIn(3) {
                    try restore(device, vault)
                } else {
                    try resolve(device, vault)
                }
            } catch let refusal as ChangeRefusal {
                trace("\(device.name) is refused: \(refusal)")
                if try vault.head() != head {
                    violate("what is refused changes nothing", "\(device.name): \(refusal)")
                }
            }
            try vault.applyUntilStable()
            device.service?.wake()
        } catch {
            trace("\(device.name) failed to choose: \(error)")
            if device.isCrashed { return try await restart(device) }
            device.dirty.merge(dirty)
            guard isWild else { throw error }
        }
    }

    private func resolve(_ device: SimDevice, _ vault: Vault) throws {
        let records = try vault.conflicts().records.filter { !isHostile($0.path) }
        if records.isEmpty { return }
        let record = records[more.below(records.count)]
        let choices: [ResolveRequest.Choice] = [.ours, .theirs, .both, .base]
        let choice = choices[more.below(choices.count)]
        trace("\(device.name) resolves \(record.path) \(record.kind) \(record.id): \(choice)")
        let said = try change(vault) { try vault.resolve(record.id, .init(choice, dryRun: true)) }
        let done = try vault.resolve(record.id, .init(choice))
        compare(said, done, "\(record.path) \(choice)")
        if try vault.conflicts().records.contains(where: { $0.id == record.id }) {
            violate("what is resolved is settled", "\(record.path) \(record.id) by \(choice)")
        }
    }

    /// A shared document as it was in a commit of the last ones.
    private func restore(_ device: SimDevice, _ vault: Vault) throws {
        guard var commit = try vault.head() else { return }
        for _ in 0...more.below(8) {
            let parents = try device.repository.commit(commit).parents
            if parents.isEmpty { break }
            commit = parents[more.below(parents.count)]
        }
        let documents = sharedPaths.filter { $0 != Self.rules }
        let path = prefix.appending(documents[more.below(documents.count)])
        trace("\(device.name) restores \(path) to \(commit.short)")
        let said = try change(vault) {
            try vault.restore(.init([path], to: commit.hex, dryRun: true))
        }
        let done = try vault.restore(.init([path], to: commit.hex))
        compare(said, done, "\(path) to \(commit.short)")
    }

    /// Documents as they were in a commit of the last ones, or without what one device did to them
    /// since; or what was asked for last, taken back.
    private func revert(_ device: SimDevice, _ vault: Vault) throws {
        if more.oneIn(3) {
            trace("\(device.name) takes back what was asked for last")
            let said = try change(vault) { try vault.undo(.init(dryRun: true)) }
            compare(said, try vault.undo(.init()), "undo")
            return
        }
        guard var commit = try vault.head() else { return }
        for _ in 0...more.below(8) {
            let parents = try device.repository.commit(commit).parents
            if parents.isEmpty { break }
            commit = parents[more.below(parents.count)]
        }
        let documents = sharedPaths.filter { $0 != Self.rules }
        let first = more.below(documents.count)
        let paths = documents[first...].prefix(1 + more.below(documents.count))
            .map { prefix.appending($0).text }
        let other = more.oneIn(2) ? devices[more.below(devices.count)].name : nil
        // By its time it means what others had made by then, too.
        let to = more.oneIn(3) ? try time(of: commit, device) : commit.hex
        trace("\(device.name) takes \(paths) back to \(to), of \(other ?? "all")")
        let request = RollbackRequest(to: to, paths: paths, device: other, dryRun: true)
        let said = try change(vault) { try vault.rollback(request) }
        var asked = request
        asked.dryRun = false
        compare(said, try vault.rollback(asked), "\(paths) to \(to)")
    }

    private func time(of commit: ObjectID, _ device: SimDevice) throws -> String {
        let time = try CommitStamps(reading: device.repository).time(of: commit)
        let rest = String(time.milliseconds % 1000 + 1000).dropFirst()
        return "\(time.iso8601.dropLast()).\(rest)Z"
    }

    /// What is only tried changes nothing.
    private func change(_ vault: Vault, _ make: () throws -> ChangeReport) throws -> ChangeReport {
        let head = try vault.head()
        let report = try make()
        if try vault.head() != head || report.commit != nil {
            violate("a dry run changes nothing", "\(report.paths)")
        }
        return report
    }

    private func compare(_ said: ChangeReport, _ done: ChangeReport, _ what: String) {
        if said.paths != done.paths || said.deletions != done.deletions {
            violate("a dry run says what is done", "\(what): \(said.paths), then \(done.paths)")
        }
    }
}
