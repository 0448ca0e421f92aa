/// A path that is not synced, and why.
package struct HeldPath: Sendable, Hashable, Codable {
    /// Why a path is held back.
    package enum Reason: String, Sendable, Codable, Hashable {
        /// A FIFO, socket or device.
        case special
        /// The daemon may not read it.
        case unreadable
        /// Larger than `Limits.fileSize`.
        case tooLarge = "too-large"
        /// A program has it open and changes it; it is tried again.
        case busy
        /// Its deletion would take more of the folder than `max_deletes` allows.
        case massDeletion = "mass-deletion"
        /// The name cannot stand in the folder or in a git tree.
        case name
        /// Something that is not synced stands where it should be applied.
        case obstructed
        /// Reading or writing it failed; the log says how.
        case failed

        /// Whether it is a capture that found it, by looking at the file.
        package var isOfCapture: Bool {
            switch self {
            case .special, .unreadable, .tooLarge, .busy, .failed: true
            case .massDeletion, .name, .obstructed: false
            }
        }

        /// What the user can do, in words.
        package var advice: String {
            switch self {
            case .special: "only files and symbolic links are synced; move it away or ignore it"
            case .unreadable: "make it readable for the daemon's user (chmod u+r) or ignore it"
            case .tooLarge: "keep files over 100 MiB elsewhere, or ignore it in .gitignore"
            case .busy: "nothing: it is tried again when the program has closed it"
            case .massDeletion:
                "syncctl sync --accept-deletes deletes them everywhere; "
                    + "syncctl sync --restore-deleted brings them back"
            case .name: "rename it in the repository on the device that made it"
            case .obstructed: "move what stands there out of the way"
            case .failed: "see the log; it is tried again at the next full scan"
            }
        }
    }

    /// The path in the repository.
    package let path: TreePath
    /// The newest one found; a path has one at a time.
    package let reason: Reason

    /// Pairs the path with the reason.
    package init(path: TreePath, reason: Reason) {
        self.path = path
        self.reason = reason
    }
}
