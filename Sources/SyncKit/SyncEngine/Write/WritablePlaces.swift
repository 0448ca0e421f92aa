internal import SyncMerge
internal import SyncModel

/// Where a file may be put by request: below a folder of this device, in scope, under a name that
/// every git host takes and every folder can hold.
struct WritablePlaces {
    let folders: [VaultFolder]

    /// One such place.
    struct Place {
        let folder: FolderID
        /// Of the repository.
        let path: TreePath
        /// Of the folder.
        let local: TreePath
    }

    /// Finds the place of a path of the repository, which may be quoted as git does.
    /// - Throws: `ChangeRefusal` for one that is none, or that this device does not sync.
    func place(of text: String) throws -> Place {
        guard let path = TreePath(QuotedPath.bytes(text) ?? Array(text.utf8)) else {
            throw Self.refusal(of: text)
        }
        return try place(of: path)
    }

    /// The same.
    func place(of path: TreePath) throws -> Place {
        guard path.components.count <= Limits.pathDepth,
            path.components.allSatisfy({ TreeName.isSafe($0) && TreeName.isCheckoutSafe($0) })
        else { throw Self.refusal(of: path.text) }
        if let folder = folders.first(where: { $0.belowRoot(path) != nil }) {
            guard let place = synced(path) else {
                throw ChangeRefusal(
                    .wrong, "\(path) is left out on this device (ignore in the configuration)")
            }
            if try folder.ignore.isIgnored(place.local, isDirectory: false) {
                throw ChangeRefusal(
                    .wrong, "\(path) is left out by the ignore rules of its folder")
            }
            return place
        }
        let prefixes = folders.compactMap { $0.id?.text }.joined(separator: ", ")
        throw ChangeRefusal(
            .missing, "\(path) is in no folder of this device; there are \(prefixes)")
    }

    /// The place of a path that this device syncs; nil for one in no folder, or left out here.
    /// - Parameter version: what stands there: a pattern may mean directories alone.
    func synced(_ path: TreePath, _ version: FileVersion? = nil) -> Place? {
        for folder in folders {
            guard let local = folder.localPath(path, version) else { continue }
            return Place(folder: folder.id, path: path, local: local)
        }
        return nil
    }

    /// Checks that no directory stands at a path, and no file where one above it would have to.
    /// - Throws: `ChangeRefusal`.
    static func checkAround(
        _ path: TreePath, of tree: ObjectID?, reading reader: any ObjectReader
    ) throws {
        try checkAbove(path, of: tree, reading: reader)
        if try TreeDiff.subtree(of: tree, at: path, reading: reader) != nil {
            throw ChangeRefusal(.wrong, "\(path) is a directory, and no file")
        }
    }

    /// Checks that no file stands where a directory above a path would have to.
    /// - Throws: `ChangeRefusal`.
    static func checkAbove(
        _ path: TreePath, of tree: ObjectID?, reading reader: any ObjectReader
    ) throws {
        for above in path.ancestors
        where try TreeDiff.file(at: above, of: tree, reading: reader) != nil {
            throw ChangeRefusal(.wrong, "\(above) is a file, and no directory")
        }
    }

    private static func refusal(of text: String) -> ChangeRefusal {
        ChangeRefusal(
            .wrong,
            "expected a path of the repository without '.', '..', '.git', names that begin with "
                + "'.syncd-', backslashes and control characters, found " + SafeText.escaped(text))
    }
}
