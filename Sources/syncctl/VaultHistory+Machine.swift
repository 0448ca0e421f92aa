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

    /// The same for a listing that is empty where nothing changed: it must not be, for a name that
    /// is mistyped.
    /// - Parameter commits: where the path may stand, beside the head.
    /// - Throws: `Failure`, also when nothing stands there, here or in a commit, and never did.
    func listed(
        _ text: String?, _ machine: Machine, beside commits: [ObjectID?] = []
    ) throws -> TreePath? {
        guard let path = try narrowed(to: text, machine) else { return nil }
        let isAbove = configuration.folders.contains { $0.prefix?.isAtOrBelow(path) ?? false }
        if try isAbove || knows(path, in: commits) || !log(path, most: 1).isEmpty { return path }
        throw Failure(
            Exit.failed,
            "there is no \(path), neither here nor in the history: check how it is written, or "
                + "name a directory above it")
    }
}
