internal import SyncHistory
internal import SyncMerge
package import SyncModel

/// What somebody asks to be changed in a new commit.
package enum ChangeRequest: Sendable {
    /// A conflict, by its id, as `RequestedChanges.resolve`.
    case resolve(String, ResolveRequest)
    /// Versions brought back, as `RequestedChanges.restore`.
    case restore(RestoreRequest)
    /// The vault, or what one device or agent did, taken back, as `Reversals.rollback`.
    case rollback(RollbackRequest)
    /// The last restore, rollback, resolve, accept or undo taken back, as `Reversals.undo`.
    case undo(UndoRequest)
    /// A type set, as `RequestedChanges.setType`.
    case setType(TypeRequest)
    /// What stands after a remote was rewritten, as `RemoteChoice.choose`.
    case choose(RemoteRequest)

    /// The same with the id of the commit that it names: `HEAD` is another one as soon as what
    /// stands in the folders is captured.
    /// - Parameter head: from where names count; nil before the first commit.
    /// - Throws: as `Branch.fixed`.
    func fixed(behind head: ObjectID?, in vault: Vault) throws -> ChangeRequest {
        let id = { try vault.branch.fixed($0, behind: head, now: vault.clock.now()) }
        switch self {
        case .restore(var request):
            request.to = try id(request.to)
            return .restore(request)
        case .rollback(var request):
            request.to = try id(request.to)
            return .rollback(request)
        case .undo(var request):
            request.commit = try request.commit.map(id)
            return .undo(request)
        case .resolve, .setType, .choose: return self
        }
    }

    /// Whether what stands at the files that it names is replaced, so that what a disk changed of
    /// them by itself may be read: all else would publish it.
    var replacesWholeFiles: Bool {
        guard case .restore(let request) = self else { return false }
        return !request.dryRun && request.record == nil
    }

    /// Where it changes something, in the repository; nil is anywhere.
    func places(in vault: Vault) throws -> [TreePath]? {
        switch self {
        case .restore(let request): return Self.places(of: request)
        case .resolve(let id, _):
            let record = try vault.conflicts().entries.lazy.compactMap(\.record)
                .first { $0.id == id }
            // A conflict of names is about what is below them, too.
            guard let record, !record.isOfNames else { return nil }
            return [record.path, record.named] + (record.copy.map { [$0] } ?? [])
        case .rollback, .undo, .setType, .choose: return nil
        }
    }

    private static func places(of request: RestoreRequest) -> [TreePath]? {
        let places = request.paths.map { PastFiles.place(of: $0) }
        // A pattern that may mean anything is about everything.
        return places.contains(nil) ? nil : places.compactMap { $0 }
    }

    /// Where the folders are to have what was asked for, be it committed by now or before; empty is
    /// everywhere, nil is said of what is committed alone.
    var settled: [TreePath]? {
        switch self {
        case .restore(let request): request.dryRun ? nil : Self.places(of: request) ?? []
        case .rollback(let request):
            request.dryRun || request.device != nil || request.agent != nil
                || !request.paths.isEmpty ? nil : []
        case .resolve, .undo, .setType, .choose: nil
        }
    }

    /// Which files are to be as they were by this; of what takes back one device's or agent's
    /// commits alone nobody can say it beforehand.
    var concerned: (TreePath) -> Bool {
        switch self {
        case .restore(let request):
            // A name alone would be a pattern at any depth.
            let patterns = request.paths.map {
                PastFiles.isPattern($0) ? PathPatterns([$0.text]) : nil
            }
            return { path in
                zip(request.paths, patterns).contains { name, pattern in
                    path.isAtOrBelow(name) || pattern?.match(path) ?? false
                }
            }
        case .rollback(let request) where request.device == nil && request.agent == nil:
            if request.paths.isEmpty { return { _ in true } }
            let patterns = PathPatterns(request.paths)
            return { patterns?.match($0) ?? false }
        case .rollback, .resolve, .undo, .setType, .choose: return { _ in false }
        }
    }

    /// Makes it.
    func make(in vault: Vault) throws -> ChangeReport {
        switch self {
        case .resolve(let id, let request): try vault.resolve(id, request)
        case .restore(let request): try vault.restore(request)
        case .rollback(let request): try vault.rollback(request)
        case .undo(let request): try vault.undo(request)
        case .setType(let request): try vault.changes.requests.setType(request)
        case .choose(let request): try vault.choose(request)
        }
    }
}
