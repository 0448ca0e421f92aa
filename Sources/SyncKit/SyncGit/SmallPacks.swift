internal import Glibc
internal import SyncModel

/// The packs of a directory that may be joined.
struct SmallPacks {
    private let directory: String

    init(in directory: String) { self.directory = directory }

    struct Pack {
        /// Without its ending.
        let name: String
        let size: Int
    }

    func path(of pack: Pack, _ ending: String) -> String { "\(directory)/\(pack.name).\(ending)" }

    /// Those to join now; none until there are more than `most`.
    func chosen(most: Int) throws(RepositoryError) -> [Pack] {
        let packs = try all()
        if packs.count <= most { return [] }
        var bytes = 0
        let chosen = packs.prefix { pack in
            bytes += pack.size
            return bytes <= Limits.consolidatedBytes
        }
        return chosen.count < 2 ? [] : Array(chosen)
    }

    /// The smallest first. One that is marked to be kept, that its maker has not finished, or
    /// that is no file is none of them.
    private func all() throws(RepositoryError) -> [Pack] {
        let names = Set(try FileSystem.names(in: directory))
        var packs: [Pack] = []
        for name in names where name.hasPrefix("pack-") && name.hasSuffix(".pack") {
            let stem = String(name.dropLast(".pack".count))
            guard names.contains(stem + ".idx"), !names.contains(stem + ".keep"),
                !names.contains(stem + ".promisor"),
                let status = FileSystem.status("\(directory)/\(name)"),
                status.st_mode & S_IFMT == S_IFREG, status.st_size < Limits.smallPackBytes
            else { continue }
            packs.append(Pack(name: stem, size: Int(status.st_size)))
        }
        return packs.sorted { ($0.size, $0.name) < ($1.size, $1.name) }
    }

    /// Removes packs whose objects others have now.
    /// - Parameter written: the names of those, without ending.
    /// - Returns: how many were removed.
    func replace(_ packs: [Pack], by written: Set<String>) throws(RepositoryError) -> Int {
        // The new names have to be durable before an old one goes.
        try FileSystem.sync(directory)
        var replaced = 0
        for pack in packs where !written.contains(pack.name) {
            try remove(pack)
            replaced += 1
        }
        try FileSystem.sync(directory)
        return replaced
    }

    /// Removes a pack, its index first: a pack without one is not there to git.
    private func remove(_ pack: Pack) throws(RepositoryError) {
        for ending in ["idx", "rev", "bitmap", "mtimes", "pack"] {
            let path = path(of: pack, ending)
            if unlink(path) != 0 && errno != ENOENT { throw SystemFailure.last("remove", path) }
        }
    }
}
