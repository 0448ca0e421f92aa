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
