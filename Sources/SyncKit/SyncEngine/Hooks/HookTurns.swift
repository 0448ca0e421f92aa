internal import Logging
internal import SyncModel
internal import Synchronization

/// When a hook has its turn, and what it is told then.
final class HookTurns: Sendable {
    /// Runs them.
    let hooks: HookRunner
    private let configuration: Configuration
    private let log: Logger
    private let known = Mutex(Known())

    /// What hooks were told, or are not told once more.
    private struct Known {
        /// The conflicts that were open when somebody was last told; nil before the first look.
        var conflicts: Set<String>?
        /// The head that `post-sync` was last run for, however that ended.
        var tried: ObjectID?
    }

    init(_ configuration: Configuration, log: Logger) {
        hooks = HookRunner(configuration, log: log)
        (self.configuration, self.log) = (configuration, log)
    }

    /// Compares two statuses: what has come up since?
    /// - Parameter conflicts: reads those that are open.
    func note(
        _ before: VaultStatus, _ after: VaultStatus, conflicts: () throws -> [OpenConflict]
    ) {
        if after.state != before.state {
            if after.state == .blocked { hooks.add(.onBlocked) }
            if after.state == .offline { hooks.add(.onOffline) }
        }
        let told = known.withLock { $0.conflicts }
        if told != nil && before.head == after.head { return }
        do {
            let open = Set(try conflicts().map(\.id))
            if let told, !open.isSubset(of: told) {
                hooks.add(.onConflict)
            } else {
                known.withLock { $0.conflicts = open }
            }
        } catch {
            // The status says what is wrong with the repository, and it is looked at again.
            return
        }
    }

    /// A cycle ended: is there something that `post-sync` was not told?
    func noteSynced(_ outcome: ExchangeOutcome?) {
        if outcome == .inSync { hooks.add(.postSync) }
    }

    /// What a hook is told at its turn; nil when there is nothing to tell any more.
    func input(
        _ hook: HookName, of vault: Vault, _ status: VaultStatus,
        conflicts: () throws -> [OpenConflict]
    ) throws -> HookInput? {
        var input = HookInput(hook, configuration, at: vault.clock.now())
        switch hook {
        case .preCommit: return nil
        case .postSync:
            let before = try vault.store.fact(Vault.Fact.hookHead)
            let tried = known.withLock { $0.tried }
            guard let head = try vault.head(), head.hex != before, head != tried else {
                return nil
            }
            known.withLock { $0.tried = head }
            input.before = before
            input.head = head.hex
            let changes = try changes(
                in: vault, since: before.flatMap { ObjectID(hex: $0) }, to: head)
            input.changes = changes.prefix(Limits.hookPaths).map {
                HookInput.Change($0, file: localFile($0.path, in: vault))
            }
            input.omitted = max(0, changes.count - Limits.hookPaths)
        case .onConflict:
            let open = try conflicts()
            let told = known.withLock { known in
                defer { known.conflicts = Set(open.map(\.id)) }
                return known.conflicts
            }
            let new = open.filter { !(told?.contains($0.id) ?? false) }
            if new.isEmpty { return nil }
            input.conflicts = Array(new.prefix(Limits.hookPaths))
            input.omitted = max(0, new.count - Limits.hookPaths)
        case .onBlocked, .onOffline:
            guard status.state == (hook == .onBlocked ? .blocked : .offline) else { return nil }
            input.state = status.state
            input.reasons = status.unfinished
        }
        return input
    }

    /// A hook did what it was told: the next time it is told what came after.
    func noteSuccess(_ input: HookInput, in store: any StateStore) {
        guard input.hook == .postSync else { return }
        do { try store.setFact(Vault.Fact.hookHead, input.head) } catch {
            log.warning("post-sync is told the same again: \(error)")
        }
    }

    /// The files that differ between a commit and a later one, by path.
    private func changes(in vault: Vault, since old: ObjectID?, to head: ObjectID) throws
        -> [TreeChange]
    {
        // After a rewrite of the history the commit of before may be gone: all counts as new.
        let repository = vault.repository
        let known = old.flatMap { repository.contains($0) ? $0 : nil }
        return try TreeDiff.changes(
            from: repository.tree(of: known), to: repository.tree(of: head), reading: repository
        )
        .compactMap(\.ofFilesOnly).filter { !$0.path.bytes.starts(with: ".sync/".utf8) }
        .sorted { $0.path < $1.path }
    }

    /// The local file of a path; nil where no folder of this device has it.
    private func localFile(_ path: TreePath, in vault: Vault) -> String? {
        for (configured, folder) in zip(configuration.folders, vault.folders) {
            if let local = folder.localPath(path) { return "\(configured.path)/\(local.text)" }
        }
        return nil
    }
}
