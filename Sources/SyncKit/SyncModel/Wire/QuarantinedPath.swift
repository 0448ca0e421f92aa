/// A path that is not synced, and why.
package struct QuarantinedPath: Sendable, Hashable, Codable {
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
        /// A tree has a name that cannot stand in the folder.
        case name
        /// A tree has a symbolic link to nothing, or to a target longer than any path.
        case link
        /// A tree has an entry that is no file, link or directory: another repository's commit.
        case submodule
        /// Servers that check what is pushed refuse its name, or what it says.
        case refused
        /// Something that is not synced stands where it should be applied.
        case obstructed
        /// A file that a rule leaves out stands where it should be applied.
        case leftOut = "left-out"
        /// The daemon may not write there.
        case readOnly = "read-only"
        /// Another file system is mounted there.
        case mount
        /// A SQLite database with a log or journal beside it that is not empty.
        case inUse = "in-use"
        /// A directory below so many others that no device takes it in.
        case tooDeep = "too-deep"
        /// The hook `pre-commit` holds it back.
        case hook
        /// The folder that it belongs to is not there, or is another directory.
        case noFolder = "no-folder"
        /// Reading or writing it failed.
        case failed
        /// The folder's file system has no room for it.
        case noSpace = "no-space"
        /// A built-in pattern takes it for a temporary file: listed on request only.
        case ignored

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
            case .link: "give the link another target, on the device that made it"
            case .submodule:
                "an entry that is neither file nor link: clone it elsewhere, or remove it with git"
            case .refused:
                "rename it: git, and servers that check a push, take such a name or content "
                    + "for an attack"
            case .obstructed: "move what stands there out of the way"
            case .leftOut:
                "a rule leaves out the file that stands there: move it out of the way, or sync it "
                    + "with a line !NAME in .gitignore"
            case .readOnly:
                "let the daemon's user write there (chmod u+w, chattr -i); it is tried again"
            case .mount: "make what is mounted there a folder of its own, or ignore it"
            case .inUse:
                "nothing: it is synced when its program has written its log into it (for SQLite: "
                    + "PRAGMA wal_checkpoint(TRUNCATE))"
            case .tooDeep:
                "move it nearer to the top: directories \(Limits.pathDepth) names deep are not "
                    + "synced"
            case .ignored:
                "its name is taken for a temporary file's; a line !NAME in .gitignore syncs it"
            case .hook:
                "what the hook pre-commit asks for; it is asked again when the file changes, and "
                    + "with each poll"
            case .noFolder: "bring its folder back (mount it): syncctl status names it"
            case .failed: "look at the disk (dmesg); it is tried again"
            case .noSpace: "make room on the folder's file system; it is tried again"
            }
        }

        /// Whether it says something of what a tree holds, whatever stands in the folder.
        package var isOfTree: Bool { [.name, .link, .submodule].contains(self) }

        /// Whether what stands there is no version of the file that waits for its place.
        package var isInTheWay: Bool { self == .obstructed || self == .leftOut }
    }

    /// The path in the repository.
    package let path: TreePath
    /// The newest one found; a path has one at a time.
    package let reason: Reason
    /// What a hook says of it, in one line; nil for other reasons, and where it is not known.
    package let words: String?

    /// Whether something that stands in the folder, or went from it, is in no commit for this.
    package var isOfEdits: Bool {
        !reason.isOfTree && !reason.isInTheWay
            && ![.readOnly, .noFolder, .ignored].contains(reason)
    }

    package init(path: TreePath, reason: Reason, words: String? = nil) {
        self.path = path
        self.reason = reason
        self.words = words
    }
}
