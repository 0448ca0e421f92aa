internal import Glibc
internal import SyncModel

/// Records that could not be read, kept beside the new one for whoever wants to know why.
enum DamagedStores {
    /// What SQLite keeps beside a database.
    static let companions = ["-wal", "-shm", "-journal"]

    /// Renames what stands at `path` to `<path>.corrupt-<n>`, with its log, and removes the oldest
    /// beyond `Limits.damagedStores`. The database goes first: a log that is left without its
    /// database is removed at the next start, never replayed into another.
    /// - Returns: its new name.
    /// - Throws: the file system's word; the old record then still stands at `path`.
    @discardableResult static func setAside(_ path: String) throws(StateStoreError) -> String {
        let kept = try numbers(path)
        let aside = name(path, (kept.last ?? 0) + 1)
        if rename(path, aside) != 0, errno != ENOENT {
            throw StateStoreError(errno: errno, "set the damaged state store aside", path)
        }
        for suffix in companions where rename(path + suffix, aside + suffix) != 0 {
            guard errno == ENOENT else {
                throw StateStoreError(
                    errno: errno, "set the damaged state store aside", path + suffix)
            }
        }
        for number in kept.dropLast(Limits.damagedStores - 1) {
            for suffix in [""] + companions { unlink(name(path, number) + suffix) }
        }
        return aside
    }

    private static func name(_ path: String, _ number: Int) -> String {
        "\(path).corrupt-\(number)"
    }

    /// The numbers in use, ascending.
    private static func numbers(_ path: String) throws(StateStoreError) -> [Int] {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let directory = parts.dropLast().joined(separator: "/")
        guard let names = DirectoryNames(parts.count == 1 ? "." : directory + "/") else {
            throw StateStoreError(errno: errno, "look for damaged records", directory)
        }
        let prefix = "\(parts.last ?? "").corrupt-"
        return names.map(\.text).filter { $0.hasPrefix(prefix) }
            .compactMap { Int($0.dropFirst(prefix.count)) }.sorted()
    }
}
