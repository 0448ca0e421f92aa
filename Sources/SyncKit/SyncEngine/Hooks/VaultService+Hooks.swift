internal import Logging
internal import SyncModel

/// What the hooks were told.
struct HookState {
    /// The conflicts that were open when somebody was last told; nil before the first look.
    var conflicts: Set<String>?
    /// The head that `post-sync` was last run for, however that ended.
    var tried: ObjectID?
}

/// When a hook has its turn, and what it is told then.
extension VaultService {
    /// Compares two statuses: what has come up since?
    func noteForHooks(_ before: VaultStatus, _ after: VaultStatus) {
        if life.loop == nil { return }
        if after.state != before.state {
            if after.state == .blocked { hooks.add(.onBlocked) }
            if after.state == .offline { hooks.add(.onOffline) }
        }
        if hookState.conflicts != nil && before.head == after.head { return }
        // Who follows was told just before; what could not be read then is looked at again.
        if told.head != after.head { return }
        let open = Set(told.conflicts.keys)
        if let known = hookState.conflicts, !open.isSubset(of: known) {
            hooks.add(.onConflict)
        } else {
            hookState.conflicts = open
        }
    }

    /// A cycle ended: is there something that `post-sync` was not told?
    func noteSynced(_ outcome: ExchangeOutcome?) {
        if outcome == .inSync { hooks.add(.postSync) }
    }

    /// What a hook is told at its turn; nil when there is nothing to tell any more.
    func hookInput(_ hook: HookName) throws -> HookInput? {
        var input = HookInput(hook, configuration, at: vault.clock.now())
        switch hook {
        case .preCommit: return nil
        case .postSync:
            let told = try vault.store.fact(Vault.Fact.hookHead)
            guard let head = try vault.head(), head.hex != told, head != hookState.tried else {
                return nil
            }
            hookState.tried = head
            input.before = told
            input.head = head.hex
            let changes = try changes(since: told.flatMap { ObjectID(hex: $0) }, to: head)
            input.changes = changes.prefix(Limits.hookPaths).map {
                HookInput.Change($0, file: localFile($0.path))
            }
            input.omitted = max(0, changes.count - Limits.hookPaths)
        case .onConflict:
            let open = try conflicts()
            let new = open.filter { !(hookState.conflicts?.contains($0.id) ?? false) }
            hookState.conflicts = Set(open.map(\.id))
            if new.isEmpty { return nil }
            input.conflicts = Array(new.prefix(Limits.hookPaths))
            input.omitted = max(0, new.count - Limits.hookPaths)
        case .onBlocked, .onOffline:
            let status = board.status
            guard status.state == (hook == .onBlocked ? .blocked : .offline) else { return nil }
            input.state = status.state
            input.reasons = status.unfinished
        }
        return input
    }

    /// A hook did what it was told: the next time it is told what came after.
    func hookSucceeded(_ input: HookInput) {
        guard input.hook == .postSync else { return }
        do { try vault.store.setFact(Vault.Fact.hookHead, input.head) } catch {
            log.warning("post-sync is told the same again: \(error)")
        }
    }

    /// The files that differ between a commit and a later one, by path.
    private func changes(since old: ObjectID?, to head: ObjectID) throws -> [TreeChange] {
        // After a rewrite of the history the commit of before may be gone: all counts as new.
        let known = old.flatMap { vault.repository.contains($0) ? $0 : nil }
        return try TreeDiff.changes(
            from: vault.tree(of: known), to: vault.tree(of: head), reading: vault.repository
        )
        .compactMap(\.ofFilesOnly).filter { !$0.path.bytes.starts(with: ".sync/".utf8) }
        .sorted { $0.path < $1.path }
    }

    /// The local file of a path; nil where no folder of this device has it.
    private func localFile(_ path: TreePath) -> String? {
        for (configured, folder) in zip(configuration.folders, vault.folders) {
            if let local = folder.localPath(path) { return "\(configured.path)/\(local.text)" }
        }
        return nil
    }
}
