import SyncEngine
import SyncHistory
import SyncModel

extension VaultHistory {
    /// The repository's path of what the user wrote on this machine; nil for everything.
    /// - Throws: `Failure` when it is outside every folder.
    func place(_ text: String, _ machine: Machine) throws -> TreePath? {
        switch try place(text, from: Machine.workingDirectory, home: machine.home) {
        case .path(let path): return path
        case .everything: return nil
        case .outside where text.isEmpty: throw Failure.emptyPath
        case .outside: throw Failure(Exit.failed, "\(text) is outside every folder")
        }
    }

    /// The path that a listing is narrowed to; nil for everything, which `.` and `/` are too where
    /// they are above the folders.
    /// - Throws: `Failure` when it is outside every folder.
    func narrowed(to text: String?, _ machine: Machine) throws -> TreePath? {
        guard let text else { return nil }
        if [".", "/"].contains(text),
            try place(text, from: Machine.workingDirectory, home: machine.home) == .outside
        {
            return nil
        }
        return try place(text, machine)
    }

    /// The same for a listing, as `refuseUnknown`.
    /// - Throws: `Failure`.
    func listed(
        _ text: String?, _ machine: Machine, beside commits: [ObjectID] = []
    ) throws -> TreePath? {
        let path = try narrowed(to: text, machine)
        do { try refuseUnknown(path, beside: commits) } catch let error as Revision.Unknown {
            throw Failure(Exit.failed, error.description)
        }
        return path
    }
}
