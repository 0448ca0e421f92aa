package import SyncModel

/// A vault whose daemon does not run, held for a look: nothing of it is changed.
package struct IdleVault {
    private let opened: OpenedVault
    private let configuration: Configuration

    /// Takes the vault's lock and opens it.
    /// - Throws: as `OpenedVault`; `RecordError` `.locked` when somebody has it.
    package init(_ configuration: Configuration, waiting wait: Duration) throws {
        self.configuration = configuration
        opened = try OpenedVault(configuration, waiting: wait)
    }

    /// Compares the folders with the record, the record with the head, and the head with the
    /// remote's.
    /// - Parameter remote: what a look at the remote found before the vault was opened.
    package func status(_ remote: RemoteLook) -> VaultStatus {
        let vault = opened.vault
        var status = VaultStatus(vault: configuration.vault, device: configuration.device)
        do {
            try vault.describe(&status)
            // A remote that was not seen is not one without a head.
            var seen: ObjectID??
            if case .seen(let head) = remote {
                status.remoteHead = head
                seen = .some(head)
            }
            let folders = try lookAtFolders(&status)
            status.ignored = vault.folders.reduce(0) { $0 + $1.leftOut.count + $1.leftOutBeyond }
            let change = try vault.change(seeing: seen)
            if case .failed(let trouble) = remote {
                status.notices.append(trouble.text)
                status.syncHealth.status = "degraded"
                status.syncHealth.lastError = trouble.message
            }
            let stop =
                try vault.rest(seeing: seen) ?? change.map { Trouble($0) }
                ?? vault.refusal(seeing: seen)
            if let stop { status.add(stop) }
            if try vault.record.fact(Vault.Fact.paused) != nil {
                status.state = .paused
            } else if folders == .blocked || stop != nil {
                status.state = .blocked
            } else if case .failed = remote {
                status.state = .offline
            } else if status.conflicts > 0 {
                status.state = .conflicts
            } else {
                let isThere = seen == nil || status.head == nil || status.remoteHead == status.head
                status.state = folders == .clean && isThere ? .inSync : .pending
            }
        } catch {
            status.state = .blocked
            status.notices = [Trouble(error).text]
            status.syncHealth.status = "failing"
            status.syncHealth.lastError = Trouble(error).message
        }
        return status
    }

    /// What became of the remote that somebody has to choose about; nil for nothing.
    /// - Parameter remote: what a look at the remote found before the vault was opened.
    package func change(_ remote: RemoteLook) throws -> RemoteChange? {
        guard case .seen(let head) = remote else { return try opened.vault.change(seeing: .none) }
        return try opened.vault.change(seeing: .some(head))
    }

    /// Everything that is held back.
    /// - Parameter ignored: also what built-in patterns leave out; the folders are scanned for it.
    package func held(ignored: Bool = false) throws -> [HeldPath] {
        let vault = opened.vault
        if ignored {
            for folder in vault.folders {
                try folder.access.checkRoot()
                _ = try Examination.examine(
                    .everything, of: folder, record: vault.record, tracked: [])
            }
        }
        return try vault.held(ignored: ignored)
    }

    /// What rules settled, the newest first.
    package func settled() throws(RecordError) -> [SettledConflict] {
        try opened.vault.record.settled()
    }

    /// Why the record was begun anew when it was opened; nil when it was not.
    package var rebuilt: String? { opened.rebuilt }

    private enum Folders { case clean, changed, blocked }

    private func lookAtFolders(_ status: inout VaultStatus) throws -> Folders {
        let vault = opened.vault
        let head = try vault.head()
        var result = Folders.clean
        for folder in vault.folders {
            do {
                try folder.access.checkRoot()
                let changes = try vault.uncaptured(folder)
                status.pending.changes += changes
                if changes > 0 { result = max(result, .changed) }
            } catch let error as FolderError where folder.stops(for: error) {
                status.notices.append(Trouble(error).text)
                result = .blocked
            }
            let isApplied =
                try vault.record.applied(folder.id) == head
                && vault.deferred(folder).isEmpty
            if !isApplied { result = max(result, .changed) }
            if try vault.record.held(folder.id).contains(where: { $0.reason == .massDeletion }) {
                status.notices.append(HeldPath.Reason.massDeletion.advice)
                result = .blocked
            }
        }
        return result
    }

    private func max(_ one: Folders, _ other: Folders) -> Folders {
        one == .blocked || other == .blocked ? .blocked : one == .clean ? other : one
    }
}

extension Vault {
    /// How many paths of a folder differ from the record. Contents are read only where the stat
    /// does not tell. A directory that is empty, or is so no more, because of another of them does
    /// not count.
    func uncaptured(_ folder: VaultFolder) throws -> Int {
        let findings = try Examination.examine(
            .everything, of: folder, record: record, tracked: [])
        var changed = Set(findings.deleted.lazy.filter { !$0.version.isDirectory }.map(\.path))
        for (path, row) in findings.toRead where try row == nil || isEdited(path, row, in: folder) {
            changed.insert(path)
        }
        let above = Set(changed.lazy.flatMap(\.ancestors))
        changed.formUnion(findings.emptied.map(\.path))
        changed.formUnion(findings.deleted.map(\.path))
        return changed.subtracting(above).count
    }

    /// Whether a file's content is another than the record says; one that cannot be read counts.
    private func isEdited(_ path: TreePath, _ row: RecordedFile?, in folder: VaultFolder)
        throws(FolderError) -> Bool
    {
        let snapshot: FileSnapshot
        do { snapshot = try folder.access.read(path) } catch {
            // What a running daemon would hold back, and not count.
            if [.inUse, .refused].contains(error.code) { return false }
            if error.path != nil { return true }
            throw error
        }
        let id = ObjectID(hashing: snapshot.content, as: .blob)
        return FileVersion(mode: snapshot.mode, id: id) != row?.version
    }
}
