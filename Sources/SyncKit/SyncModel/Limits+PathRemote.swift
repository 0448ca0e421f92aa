/// What is read of a remote on a path, which others write too, and how long devices wait for one
/// another there.
extension Limits {
    /// The most bytes of a file that holds one reference, and of a reference's name.
    package static let referenceBytes = 4 << 10
    /// The most bytes of a remote's file of packed references.
    package static let packedReferencesBytes = 64 << 20
    /// The most symbolic references that lead to one another, as in git.
    package static let symbolicSteps = 5
    /// The most repositories that a remote on a path borrows objects from, itself counted.
    package static let alternates = 8
    /// The most bytes of the file that names them.
    package static let alternatesBytes = 64 << 10
    /// The most blobs of a path remote that are known to be too large to be brought.
    package static let tooLargeBlobs = 10_000
    /// The most packs of a remote on a path.
    package static let foreignPacks = 10_000
    /// What is written to a remote on a path although it is there, in bytes; past it the tree of
    /// the remote's head is asked first.
    package static let resentBytes = 4 << 20
    /// How often an object of a remote on a path is looked for while its packs change.
    package static let foreignTries = 4
    /// The most bytes of a remote's pack indexes that are kept in memory.
    package static let foreignIndexBytes = 16 << 20
    /// The most packs of a remote that are open at a time.
    package static let openPacks = 16
    /// After how many pushes in a row that others were faster than a device takes the turn to push
    /// to a remote on a path.
    package static let turnTries = 2
    /// The longest that a device has that turn, and that the others leave the branch alone for it.
    package static let turnTime = Duration.seconds(5)
}
