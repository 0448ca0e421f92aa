internal import Glibc
package import SyncModel
internal import SyncStore

/// What the folders were last given, as the state store has it: what a repository that is this
/// vault's has too.
package enum AppliedCommits {
    /// Reads them without opening the vault; a damaged state store is left as it is.
    /// - Returns: none where there is no state store, or another process has the vault.
    /// - Throws: what the state store says when it cannot be read.
    package static func list(_ configuration: Configuration) throws(StateStoreError) -> [ObjectID] {
        let state = configuration.stateDirectory
        if access(state + "/state.db", F_OK) != 0 { return [] }
        let lock: VaultLock
        do { lock = try VaultLock.acquire(state + "/lock") } catch {
            if error.code == .locked { return [] }
            throw error
        }
        defer { withExtendedLifetime(lock) {} }
        let store = try SQLiteStateStore.looking(at: state + "/state.db")
        var found: [ObjectID] = []
        for folder in configuration.folders {
            if let applied = try store.applied(folder.prefix), applied != .zero {
                found.append(applied)
            }
        }
        return found
    }
}
