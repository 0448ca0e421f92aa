package import SyncModel

/// A vault whose daemon does not run, held for a look: nothing of it is changed.
package struct IdleVault {
    let opened: OpenedVault
    private let configuration: Configuration

    /// Takes the vault's lock and opens it.
    /// - Throws: as `OpenedVault`; `StateStoreError` `.locked` when somebody has it.
    package init(_ configuration: Configuration, waiting wait: Duration) throws {
        self.configuration = configuration
        opened = try OpenedVault(configuration, waiting: wait, for: .inspection)
        let vault = opened.vault
        for folder in vault.folders {
            try KeptRules.recallRules(of: folder, vault.store, reading: vault.repository)
        }
    }

    /// The status of a vault whose daemon does not run. One that cannot be opened is blocked, and
    /// says why.
    /// - Parameters:
    ///   - remote: what a look at the remote found before the vault is opened.
    ///   - wait: how long to wait for another process that has the vault.
    /// - Throws: `StateStoreError` `.locked` when somebody has it.
    package static func status(
        of configuration: Configuration, _ remote: RemoteProbe, waiting wait: Duration
    ) throws -> VaultStatus {
        var status = VaultStatus(vault: configuration.vault, device: configuration.device)
        if case .seen(let head) = remote { status.remoteHead = head }
        do {
            try IdleVault(configuration, waiting: wait).describe(&status, remote)
        } catch let error as StateStoreError where error.code == .locked {
            throw error
        } catch {
            let failure = SyncFailure(error)
            status.state = .blocked
            status.notices = [failure.text]
            status.syncHealth.status = "failing"
            status.syncHealth.lastError = failure.message
        }
        return status
    }

    /// Compares the folders with the state store, the state store with the head, and the head with
    /// the remote's.
    private func describe(_ status: inout VaultStatus, _ remote: RemoteProbe) throws {
        let vault = opened.vault
        // A remote that was not seen is not one without a head.
        var seen: ObjectID??
        if case .seen(let head) = remote { seen = .some(head) }
        try vault.report.describe(&status, seeing: seen)
        // What is to be looked at again is looked at here, and counted by what is found.
        status.pending.changes -= vault.local.rechecks.count
        let folders = try examineFolders(&status)
        status.ignored = vault.folders.reduce(0) { $0 + $1.temporaries.count }
        let change = try vault.tracker.change(seeing: seen)
        if case .failed(let failure) = remote {
            status.notices.append(failure.text)
            status.syncHealth.status = "degraded"
            status.syncHealth.lastError = failure.message
        }
        let stop =
            try vault.intake.rest(seeing: seen) ?? change.map { SyncFailure($0) }
            ?? vault.incoming.refusal(seeing: seen)
        if let stop { status.add(stop) }
        var isOffline = false
        if case .failed = remote { isOffline = true }
        let isThere = seen == nil || status.head == nil || status.remoteHead == status.head
        status.state = .init(
            .init(
                isPaused: try vault.store.fact(Vault.Fact.paused) != nil,
                isBlocked: folders == .blocked || stop != nil, isOffline: isOffline,
                hasConflicts: status.conflicts > 0,
                isInSync: folders == .clean && isThere))
        status.failIfBlocked()
    }

    /// What became of the remote that somebody has to choose about; nil for nothing.
    /// - Parameter remote: what a look at the remote found before the vault was opened.
    package func change(_ remote: RemoteProbe) throws -> RemoteChange? {
        guard case .seen(let head) = remote else {
            return try opened.vault.tracker.change(seeing: .none)
        }
        return try opened.vault.tracker.change(seeing: .some(head))
    }

    /// Everything that is held back.
    /// - Parameter ignored: also what built-in patterns leave out; the folders are scanned for it.
    package func quarantined(ignored: Bool = false) throws -> [QuarantinedPath] {
        let vault = opened.vault
        if ignored {
            for folder in vault.folders {
                try folder.access.checkRoot()
                _ = try Examination.examine(
                    .everything, of: folder, store: vault.store, tracked: [])
            }
        }
        return try vault.report.unsynced(ignored: ignored)
    }

    /// What rules resolved, the newest first.
    package func resolved() throws(StateStoreError) -> [ResolvedConflict] {
        try opened.vault.store.resolved()
    }

    /// Why the state store was begun anew when it was opened; nil when it was not.
    package var rebuilt: String? { opened.rebuilt }

    private enum Folders { case clean, changed, blocked }

    private func examineFolders(_ status: inout VaultStatus) throws -> Folders {
        let vault = opened.vault
        let head = try vault.head()
        var result = Folders.clean
        for folder in vault.folders {
            do {
                try folder.access.checkRoot()
                let changes = try UncapturedChanges(store: vault.store).paths(in: folder).count
                status.pending.changes += changes
                if changes > 0 { result = max(result, .changed) }
            } catch let error as FolderError where folder.stops(for: error) {
                status.notices.append(SyncFailure(error).text)
                result = .blocked
            }
            let isApplied =
                try vault.store.applied(folder.id) == head
                && folder.deferred(vault.store).isEmpty
            if !isApplied { result = max(result, .changed) }
            if try vault.store.quarantined(folder.id).contains(where: { $0.reason == .massDeletion }
            ) {
                status.notices.append(QuarantinedPath.Reason.massDeletion.advice)
                result = .blocked
            }
        }
        return result
    }

    private func max(_ one: Folders, _ other: Folders) -> Folders {
        one == .blocked || other == .blocked ? .blocked : one == .clean ? other : one
    }
}
