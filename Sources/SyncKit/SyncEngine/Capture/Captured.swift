package import SyncModel

/// What one capture did.
package struct CaptureReport: Sendable {
    /// The new head when something was committed.
    package var head: ObjectID?
    /// How many paths the commits changed.
    package var changes = 0
}

/// One captured change, and the commit whose version was changed. A class: a first capture has
/// as many as there are files, and each is sorted into several lists.
final class Captured {
    let folder: VaultFolder
    let local: TreePath
    let change: TreeChange
    var base: ObjectID?
    /// What the state store shall hold; nil removes the row.
    let row: TrackedFile?
    /// Set for an edit found in a file that apply had moved away: the state store stays as it
    /// is.
    let displaced: DisplacedFile?
    /// The bytes, where an open conflict hangs on them or the file may have been renamed.
    let content: [UInt8]?
    /// The commit that has this very version, so that nothing is to be committed.
    var containedIn: ObjectID?
    /// The file that was renamed to this one, and edited.
    var renamedFrom: TreeChange?
    /// Newest modification of what stands there, nanoseconds; nil for a deletion.
    var modified: Int64? { row?.stat.modified }

    init(
        folder: VaultFolder, local: TreePath, change: TreeChange, base: ObjectID?,
        row: TrackedFile?, displaced: DisplacedFile? = nil, content: [UInt8]? = nil
    ) {
        self.folder = folder
        self.local = local
        self.change = change
        self.base = base
        self.row = row
        self.displaced = displaced
        self.content = content
    }
}

/// How a capture's deletions and times are taken.
package struct CaptureOptions: Sendable {
    /// The change was seen as it happened: it is stamped now. A change found by a scan is
    /// stamped with the newest modification instead.
    package var live = false
    /// Deletes however much is gone.
    package var acceptDeletes = false

    /// The careful defaults.
    package init(live: Bool = false, acceptDeletes: Bool = false) {
        self.live = live
        self.acceptDeletes = acceptDeletes
    }
}
