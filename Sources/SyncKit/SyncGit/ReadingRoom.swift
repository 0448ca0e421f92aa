internal import SyncModel
internal import Synchronization

/// How much memory this process takes for what it reads of repositories: a daemon lives on beside
/// whatever else the machine does, a command ends.
package struct ReadingRoom: Sendable {
    /// What libgit2 maps of a pack at a time, in bytes, a power of two.
    let windowBytes: Int
    /// What libgit2 keeps mapped of all packs together, in bytes.
    let mappedBytes: Int
    /// The most parsed trees of a repository, and the most entries that these have together.
    let trees: (count: Int, entries: Int)

    /// A daemon's.
    static let lasting = ReadingRoom(
        windowBytes: Limits.packWindowBytes, mappedBytes: Limits.packMappedBytes,
        trees: (Limits.cachedTrees, Limits.cachedTreeEntries))
    /// A command's.
    static let brief = ReadingRoom(
        windowBytes: Limits.commandWindowBytes, mappedBytes: Limits.commandMappedBytes,
        trees: (Limits.commandTrees, Limits.commandTreeEntries))

    private static let isBrief = Atomic(false)

    /// This process's.
    static var own: ReadingRoom { isBrief.load(ordering: .relaxed) ? brief : lasting }

    /// Says that this process reads and ends. Called before it opens a repository.
    package static func endsSoon() { isBrief.store(true, ordering: .relaxed) }
}
