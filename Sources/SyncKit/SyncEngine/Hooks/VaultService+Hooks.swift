internal import SyncModel

/// What `HookRunner` asks of the service.
extension VaultService {
    /// What a hook is told at its turn; nil when there is nothing to tell any more.
    func hookInput(_ hook: HookName) throws -> HookInput? {
        try hookTurns.input(hook, of: vault, board.status, conflicts: conflicts)
    }

    /// A hook did what it was told.
    func hookSucceeded(_ input: HookInput) { hookTurns.noteSuccess(input, in: vault.store) }
}
