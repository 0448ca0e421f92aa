import SyncEngine
import SyncHistory
import SyncModel

extension VaultHistory {
    /// The repository's path of what the user wrote on this machine.
    /// - Returns: nil when it is outside every folder.
    func path(_ text: String, _ machine: Machine) throws(RepositoryError) -> TreePath? {
        try path(text, from: Machine.workingDirectory, home: machine.home)
    }

    /// The path that a listing is narrowed to; nil for everything.
    /// - Throws: `Failure` when it is outside every folder.
    func place(_ text: String?, _ machine: Machine) throws -> TreePath? {
        guard let text else { return nil }
        let path = try path(text, machine)
        if path == nil && ![".", "/"].contains(text) {
            throw Failure(Exit.failed, "\(text) is outside every folder")
        }
        return path
    }
}
