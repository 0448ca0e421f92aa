internal import SyncModel
internal import SyncRemote

/// What a hook may be for: the name of its file.
enum HookName: String, Sendable, CaseIterable, Encodable {
    /// Changes are about to be committed.
    case preCommit = "pre-commit"
    /// Folder, head and remote are one, and something is new.
    case postSync = "post-sync"
    /// A conflict is open that was not before.
    case onConflict = "on-conflict"
    /// A person has to do something.
    case onBlocked = "on-blocked"
    /// The remote is out of reach.
    case onOffline = "on-offline"
}

extension HookName {
    /// The program for it, as it stands now. One that stands in a folder of the vault is refused:
    /// whoever may write the remote could put it there.
    func find(_ configuration: Configuration) -> HookProgram.Found {
        let found = HookProgram.find("\(configuration.hooksDirectory)/\(rawValue)")
        guard case .program(let program) = found,
            configuration.folders.contains(where: { program.stands(below: $0.path) })
        else { return found }
        return .refused("\(program.path) stands in a folder that is synced")
    }
}
