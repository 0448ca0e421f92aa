import SyncHistory
import SyncModel
import SyncRemote

extension Configuration {
    /// Refuses a place for what is to stand beside the vault: in a folder it would be synced
    /// itself, and in the vault's own directories or the remote in git's or the daemon's way.
    /// - Parameter place: a path from the top.
    func refuse(placeInside place: String) throws {
        let links = RealPath()
        for folder in folders where links.leads(place, into: folder.path) {
            throw Failure(
                Exit.failed,
                "\(place) is in the folder \(folder.path), and would be synced itself: name a "
                    + "place outside every folder")
        }
        let others = [
            ("vault's own repository", repository), ("vault's state directory", stateDirectory),
            ("remote", remote.flatMap { RemotePath($0)?.path }),
        ]
        for case (let what, let directory?) in others where links.leads(place, into: directory) {
            throw Failure(Exit.failed, "\(place) is in the \(what): name a place outside it")
        }
    }
}
