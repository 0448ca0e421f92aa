internal import Glibc
package import SyncModel

/// The packs of a directory that may be joined.
struct SmallPacks {
    private let directory: String

    init(in directory: String) { self.directory = directory }

    struct Pack {
        /// Without its ending.
        let name: String
        /// In bytes.
        let size: Int
        /// How many it has.
        let objects: Int
    }

    func path(of pack: Pack, _ ending: String) -> String { "\(directory)/\(pack.name).\(ending)" }

    /// Those to join now; none until there are more than `most`. Packs that are each at least
    /// twice as large as all smaller ones together stay as they are, so that an object is written
    /// anew as often as the number of objects doubles, and not each time.
    func chosen(most: Int) throws(RepositoryError) -> [Pack] {
        let packs = try all()
        if packs.count <= most { return [] }
        return bounded(Array(packs.prefix(Self.rolledUp(packs.map(\.objects)))))
    }

    /// All that may be joined, however many they are.
    func everything() throws(RepositoryError) -> [Pack] { bounded(try all()) }

    /// All that are whole, of whatever size, and not marked to be kept.
    func whole() throws(RepositoryError) -> [Pack] { try all(isJoining: false) }

    /// As many of the smallest as one consolidation takes on; none where it would join nothing.
    private func bounded(_ packs: [Pack]) -> [Pack] {
        var bytes = 0
        let chosen = packs.prefix { pack in
            bytes += pack.size
            return bytes <= Limits.consolidatedBytes
        }
        return chosen.count < 2 ? [] : Array(chosen)
    }

    /// How many of some weights, the smallest first, are to become one, so that each that stays is
    /// at least twice all before it.
    static func rolledUp(_ weights: [Int]) -> Int {
        var total = 0
        var count = 0
        for (index, weight) in weights.enumerated() {
            if index > 0 && weight < 2 * total { count = index + 1 }
            total += weight
        }
        return count
    }

    /// Those of the fewest objects first. One that is marked to be kept, that its maker has not
    /// finished, or that is no file is none of them.
    /// - Parameter isJoining: leaves out those that are large, and those to which git gives a
    ///   meaning of their own.
    private func all(isJoining: Bool = true) throws(RepositoryError) -> [Pack] {
        let names = Set(try FileSystem.names(in: directory))
        var packs: [Pack] = []
        for name in names where name.hasPrefix("pack-") && name.hasSuffix(".pack") {
            let stem = String(name.dropLast(".pack".count))
            guard names.contains(stem + ".idx"), !names.contains(stem + ".keep"),
                !isJoining || !names.contains(stem + ".promisor"),
                let status = FileSystem.status("\(directory)/\(name)"),
                status.st_mode & S_IFMT == S_IFREG,
                !isJoining || status.st_size < Limits.smallPackBytes
            else { continue }
            let objects = try PackIndex.count(in: "\(directory)/\(stem).idx")
            packs.append(Pack(name: stem, size: Int(status.st_size), objects: objects))
        }
        return packs.sorted {
            ($0.objects, $0.size, $0.name) < ($1.objects, $1.size, $1.name)
        }
    }

    /// Removes packs whose objects others have now.
    /// - Parameter written: the names of those, without ending.
    /// - Returns: how many were removed.
    func replace(_ packs: [Pack], by written: Set<String>) throws(RepositoryError) -> Int {
        // The new names have to be durable before an old one goes.
        try FileSystem.sync(directory)
        var replaced = 0
        for pack in packs where !written.contains(pack.name) {
            if replaced == 0 { try removeMultiPackIndex() }
            try remove(pack)
            replaced += 1
        }
        try FileSystem.sync(directory)
        return replaced
    }

    /// Removes git's index of several packs, as git does when one of them goes: it names that one.
    private func removeMultiPackIndex() throws(RepositoryError) {
        for name in try FileSystem.names(in: directory) where name.hasPrefix("multi-pack-index") {
            try FileSystem.remove("\(directory)/\(name)")
        }
    }

    /// Removes a pack, and then what belongs to it: an index without a pack is not there to git
    /// either, and whoever is interrupted between the two leaves nothing that has an object.
    private func remove(_ pack: Pack) throws(RepositoryError) {
        for ending in ["pack"] + Self.endings + ["promisor"] {
            try FileSystem.remove(path(of: pack, ending))
        }
    }

    /// What is made from a pack, and of no use without it.
    private static let endings = ["idx", "rev", "bitmap", "mtimes"]

    /// Removes what belonged to packs that are gone.
    func removeLeftovers() throws(RepositoryError) {
        let names = Set(try FileSystem.names(in: directory))
        for name in names where name.hasPrefix("pack-") {
            let parts = name.split(separator: ".", maxSplits: 1).map(String.init)
            guard parts.count == 2, Self.endings.contains(parts[1]),
                !names.contains(parts[0] + ".pack"),
                // One that came while the names were read may be seen by its index alone.
                !FileSystem.exists("\(directory)/\(parts[0]).pack")
            else { continue }
            try FileSystem.remove("\(directory)/\(name)")
        }
    }

    /// The packs that have no index, by their paths: to git they are not there.
    func withoutIndex() throws(RepositoryError) -> [String] {
        let names = Set(try FileSystem.names(in: directory))
        return names.filter {
            $0.hasPrefix("pack-") && $0.hasSuffix(".pack")
                && !names.contains($0.dropLast("pack".count) + "idx")
        }.sorted().map { "\(directory)/\($0)" }
    }
}

extension GitRepository {
    /// How many packs there are, and what they take on the disk with their indexes, in bytes.
    package func packUsage() throws(RepositoryError) -> (packs: Int, bytes: Int) {
        var (packs, bytes) = (0, 0)
        for name in try FileSystem.names(in: packDirectory) where name.hasPrefix("pack-") {
            if name.hasSuffix(".pack") { packs += 1 }
            bytes += FileSystem.status("\(packDirectory)/\(name)").map { Int($0.st_size) } ?? 0
        }
        return (packs, bytes)
    }
}
