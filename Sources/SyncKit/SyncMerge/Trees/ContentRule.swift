package import SyncModel

/// A version with the stamp of the capture commit that made it.
package struct StampedVersion: Sendable {
    /// The blob and mode that were committed.
    package let version: FileVersion
    /// Decides which of two versions is the later one.
    package let stamp: VersionStamp

    package init(_ version: FileVersion, _ stamp: VersionStamp) {
        self.version = version
        self.stamp = stamp
    }

    /// Whether this is the greater of two by (stamp, device, blob, mode): what the later write is.
    func wins(over other: StampedVersion) -> Bool {
        if stamp != other.stamp { return stamp > other.stamp }
        return version.mode.rawValue > other.version.mode.rawValue
    }
}

/// The first or the second side in canonical order.
package enum SideIndex: Sendable, Hashable {
    case first, second

    /// The other side.
    package var other: SideIndex { self == .first ? .second : .first }
}

/// Two versions of one file that differ from each other and from the base.
package struct ContentCase: Sendable {
    /// Where the merged file stands.
    package let path: TreePath
    /// Nil when both sides added the file.
    package let base: FileVersion?
    /// Where the base has the file, and what commits of either side call it besides.
    let former: [TreePath]
    /// The first side in canonical order.
    package let first: StampedVersion
    /// The other.
    package let second: StampedVersion
    /// Where each version stands: elsewhere than at `path` when the other side renamed it, and both
    /// in one commit where a rename brought two files to one name.
    let origins: (first: PathTable.Origin, second: PathTable.Origin)

    init(
        _ path: TreePath, base: FileVersion?, at former: [TreePath], first: StampedVersion,
        second: StampedVersion, origins: (first: PathTable.Origin, second: PathTable.Origin)
    ) {
        self.path = path
        self.base = base
        self.former = former
        self.first = first
        self.second = second
        self.origins = origins
    }

    /// The names that the file has now or on one side.
    var paths: Set<TreePath> { [path, origins.first.path, origins.second.path] }
}

/// What becomes of two changed contents of one path.
package struct ContentDecision: Sendable {
    /// The blob that stands at the path.
    package let id: ObjectID
    /// The sides whose content is not in it, or not all of it; empty when both are.
    package var loses: [SideIndex] = []
    /// Whether the side that loses is kept beside the file.
    package var keepsCopy = false
    /// The rule that decided.
    package var type = FileType.simple
    /// What a person has to decide; nil when nothing, and where a copy is kept, which the tree
    /// merge lists.
    package var conflict: ConflictRecord?
    /// Conflicts of the sides whose markers are in the content beside those of `conflict`.
    package var stillOpen: [ConflictRecord] = []
    /// In what way the two stand against each other.
    package var kind = OpenConflict.Kind.content
    /// Whether the base's version stands: its open conflict is then open again.
    package var isBase = false

    /// A content in which nothing lost.
    package init(id: ObjectID) { self.id = id }
}

/// How two changed contents of one path become one.
package protocol ContentRule {
    /// Merges two versions of a file.
    func merge(_ versions: ContentCase) throws(RepositoryError) -> ContentDecision

    /// Whether conflicts are listed in the tree.
    var listsConflicts: Bool { get }

    /// Whether a change of the past is taken back: a file that it added goes under every name.
    var isTakingBack: Bool { get }

    /// Whether the list of conflicts names the version that two whole ones were made from.
    var namesBases: Bool { get }

    /// The version of the rules.
    var version: Int { get }

    /// The type of a file.
    func type(of path: TreePath, _ version: FileVersion) throws(RepositoryError) -> FileType

    /// Whether a marker in a side's version names a conflict.
    func carries(_ record: ConflictRecord, _ version: FileVersion) throws(RepositoryError) -> Bool

    /// Whether a conflict of a text is open in a side's version.
    func isOpen(_ record: ConflictRecord, in version: FileVersion) throws(RepositoryError) -> Bool

    /// Stores the record of a conflict.
    func write(_ record: ConflictRecord) throws(RepositoryError) -> ObjectID
}

/// The later version wins, whatever the file is.
package struct LastWriteWins: ContentRule {
    /// The one and only value.
    package init() {}

    package func merge(_ versions: ContentCase) throws(RepositoryError) -> ContentDecision {
        let isFirst = versions.first.wins(over: versions.second)
        let winner = isFirst ? versions.first : versions.second
        var decision = ContentDecision(id: winner.version.id)
        decision.loses = [isFirst ? .second : .first]
        return decision
    }

    package var listsConflicts: Bool { false }

    package var isTakingBack: Bool { false }

    package var namesBases: Bool { false }

    package var version: Int { MergeIdentity.version }

    package func type(of path: TreePath, _ version: FileVersion) throws(RepositoryError)
        -> FileType
    { .simple }

    package func carries(_ record: ConflictRecord, _ version: FileVersion) -> Bool { false }

    package func isOpen(_ record: ConflictRecord, in version: FileVersion) -> Bool { false }

    package func write(_ record: ConflictRecord) throws(RepositoryError) -> ObjectID {
        ObjectID(hashing: record.rendered, as: .blob)
    }
}
