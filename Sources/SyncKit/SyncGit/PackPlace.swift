internal import SyncModel

/// Where a pack is written to.
protocol PackPlace: AnyObject {
    /// The directory that holds the packs.
    var packDirectory: String { get }

    /// The directory that holds all objects, where libgit2 may read them; nil where it may not.
    var libraryObjects: String? { get }

    /// Whether the object is known to be there without another look at the disk.
    func hasNow(_ id: ObjectID) -> Bool

    /// Looks at the disk again.
    /// - Returns: one of these objects that is not there any more.
    func went(of ids: Set<ObjectID>) -> ObjectID?

    /// Notes a pack of our own.
    func noteIndex(_ name: String)
}

extension GitRepository: PackPlace {
    var libraryObjects: String? { objectDirectory }

    func hasNow(_ id: ObjectID) -> Bool {
        guard database.has(id) else { return false }
        // A power cut leaves loose objects of git's that are cut short: what a commit is built upon
        // is written again then.
        let hex = id.hex
        guard FileSystem.exists("\(objectDirectory)/\(hex.prefix(2))/\(hex.dropFirst(2))") else {
            return true
        }
        do throws(RepositoryError) { _ = try object(id) } catch { return false }
        return true
    }

    func went(of ids: Set<ObjectID>) -> ObjectID? {
        refreshPacks()
        return ids.first { !database.has($0) }
    }
}
