package import SyncModel

/// What the kernel reported below a watched folder. Paths are relative to the folder's root.
package enum WatchEvent: Sendable, Hashable {
    /// A file was closed after writing, created, moved, deleted, or its attributes changed.
    case changed(TreePath)
    /// A file was written to and is not closed yet. Writes through `mmap` are never reported.
    case writing(TreePath)
    /// A directory stands here that did not before; its subtree is watched now and is to be
    /// scanned.
    case directoryAppeared(TreePath)
    /// No directory stands here any more; everything below is gone or moved.
    case directoryGone(TreePath)
    /// A directory that the kernel does not let us watch: its subtree is to be scanned now and
    /// again from time to time.
    case limitReached(TreePath)
    /// The kernel's queue ran over and events are lost: everything is to be scanned.
    case overflow
    /// The root was deleted, moved away or unmounted.
    case rootGone
}
