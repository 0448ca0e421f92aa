internal import SyncEngine
internal import SyncGit
package import SyncModel

/// What joining a vault's packs came to: the answer of `gc --json`.
package struct PackReport: Sendable, Encodable {
    /// How many packs there were.
    package let packsBefore: Int
    /// How many there are.
    package let packs: Int
    /// What they took on the disk, indexes included.
    package let bytesBefore: Int
    /// What they take.
    package let bytes: Int

    enum CodingKeys: String, CodingKey {
        case packs, bytes
        case packsBefore = "packs_before"
        case bytesBefore = "bytes_before"
    }

    /// Joins a vault's small packs, at a low priority; a daemon may run.
    /// - Throws: `RepositoryError`; every object is still there then.
    package init(joining configuration: Configuration) throws {
        let repository = try GitRepository(opening: configuration.repository)
        (packsBefore, bytesBefore) = try repository.packUsage()
        // libgit2's handles belong to one thread each.
        _ = try BackgroundWork.of {
            try GitRepository(opening: configuration.repository).consolidateEverything()
        }
        (packs, bytes) = try repository.packUsage()
    }
}
