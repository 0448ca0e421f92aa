import SyncEngine
import SyncHistory
import SyncModel

extension VaultHistory {
    /// The repository's path of what the user wrote on this machine.
    /// - Returns: nil when it is outside every folder.
    func path(_ text: String, _ machine: Machine) throws(RepositoryError) -> TreePath? {
        try path(text, from: Machine.workingDirectory, home: machine.home)
    }

    /// The pattern over the repository's paths of what the user wrote on this machine: local
    /// where it begins as a local path, or where nothing in the repository is called as it
    /// begins and the working directory is in a folder.
    /// - Throws: `Failure` when it is outside every folder.
    func pattern(_ text: String, _ machine: Machine) throws -> String {
        let plain = text.split(separator: "/", omittingEmptySubsequences: false)
            .prefix { !$0.contains(where: { "*?[\\".contains($0) }) }
        let rest = text.split(separator: "/", omittingEmptySubsequences: false)
            .dropFirst(plain.count).joined(separator: "/")
        let start = plain.joined(separator: "/")
        if start.isEmpty { return text }
        guard let path = try path(start, machine) else {
            if [".", "/"].contains(start) { return rest.isEmpty ? "**" : rest }
            throw Failure(Exit.failed, "\(text) is outside every folder")
        }
        return rest.isEmpty ? path.text : "\(path.text)/\(rest)"
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
