package import SyncModel

extension IgnoreRules {
    /// What is surely temporary, by the names programs give it: files alone, because a directory of
    /// such a name is somebody's own. A `!pattern` brings any of it back.
    static let builtIn: [GitPattern] =
        (builtInLines + builtInLines.map { "!\($0)/" }).compactMap {
            GitPattern(ignoreLine: Array($0.utf8)[...])
        }

    /// Whether a file is left out for its name alone, by a rule that nobody wrote: temporary files
    /// of other programs, and names that are the apply's own.
    package static func isTemporary(_ path: TreePath) -> Bool {
        !path.name.elementsEqual(".git".utf8)
            && defaults.isEntryIgnored(path, isDirectory: false)
    }

    private static let defaults = IgnoreRules()

    private static let builtInLines: [String] = [
        // vim: swap files (`.name.swp`, `.swo` … when several are open), its probe for a
        // writable directory. Other names that end in .swp are the user's.
        ".*.sw[a-p]", ".sw[a-p]", "4913", "?*~",
        // emacs: locks and auto-save files.
        ".#*", "[#]*[#]",
        // kate, nano, LibreOffice, Microsoft Office.
        ".*.kate-swp", ".~lock.*[#]", "~$*.doc", "~$*.doc?", "~$*.xls", "~$*.xls?", "~$*.ppt",
        "~$*.ppt?",
        // Atomic saves of JetBrains' editors and of GLib's programs (gedit, GNOME).
        "*___jb_tmp___", "*___jb_old___", ".goutputstream-*",
        // Other synchronisers' and downloaders' partial files.
        "~syncthing~*.tmp", ".syncthing.*.tmp", "*.crdownload",
        // What file systems and desktops leave: deleted but open files, folder views.
        ".fuse_hidden*", ".nfs[0-9a-f]*", ".DS_Store", "._.DS_Store", "Thumbs.db",
        // SQLite's companions: only together with the database at one moment do they mean
        // anything. `*-journal` alone would take a user's bullet-journal.
        "*-wal", "*-shm", "*.db-journal", "*.sqlite-journal", "*.sqlite3-journal",
    ]
}
