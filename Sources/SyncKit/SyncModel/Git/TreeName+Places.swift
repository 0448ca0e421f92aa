extension TreePath {
    /// Whether no name of it is longer than Linux takes.
    package var fits: Bool { components.allSatisfy { $0.count <= Limits.nameBytes } }
}

/// Where a name may stand: in a folder, and in a tree that servers take.
extension TreeName {
    /// Begins the names of the apply's own directories: never synced, and never taken from a tree.
    package static let ownPrefix = Array(".syncd-".utf8)

    /// Whether a name of a tree may be given to a file of a folder: it is not git's own, nor ours,
    /// and not longer than Linux takes.
    package static func isCheckoutSafe(_ name: some Collection<UInt8>) -> Bool {
        let name = Array(name)
        if name.count > Limits.nameBytes || name.starts(with: ownPrefix) { return false }
        return !mayBeGits(name) || fault(name) != .repository
    }

    /// Whether a server that checks what is pushed refuses an entry, because a program of git on
    /// some system would obey it. What this device commits has no such entry.
    /// - Parameter mode: what stands there: `.gitmodules` may be no link, and neither it nor
    ///   `.gitattributes` a directory.
    /// Source: `fsck_tree` in git's `fsck.c`, with `receive.fsckObjects`.
    package static func isRefused(_ name: [UInt8], as mode: FileMode) -> Bool {
        // The directory of a repository is left out, not refused.
        if !mayBeGits(name) || name.elementsEqual(".git".utf8) { return false }
        if fault(name) == .repository { return true }
        if mode.isFile { return false }
        return isModules(name) || mode == .directory && isAttributes(name)
    }

    /// False for nearly all names, by a look at each byte: a scan asks this for every directory, a
    /// capture and an apply for every file.
    static func mayBeGits(_ name: [UInt8]) -> Bool {
        name.withUnsafeBufferPointer { bytes in
            guard bytes.count >= 4 else { return false }
            // A part behind a backslash, or code points that HFS+ does not see.
            if bytes.contains(where: { $0 == 0x5c || $0 == 0xe2 || $0 == 0xef }) { return true }
            let first = bytes[0] == 0x2e ? bytes[1] : bytes[0]
            return first | 0x20 == 0x67 || first == 0x7e
        }
    }

    /// Whether a name is `.gitattributes` to some file system.
    package static func isAttributes(_ name: some Collection<UInt8>) -> Bool {
        isSpelling(Array(name)[...], of: "gitattributes", short: "gi7d29")
    }

    /// Whether a name is `.gitmodules` to some file system, or has a part that is, between
    /// backslashes.
    package static func isModules(_ name: some Collection<UInt8>) -> Bool {
        Array(name).split(separator: 0x5c, omittingEmptySubsequences: false).contains {
            isSpelling($0, of: "gitmodules", short: "gi7eba")
        }
    }

    /// Whether HFS+ or NTFS takes a name for a dot and a word; NTFS also by the short names that
    /// it makes. Source: git's `is_hfs_dot_str` and `is_ntfs_dot_generic`.
    private static func isSpelling(
        _ name: ArraySlice<UInt8>, of word: String, short: String
    ) -> Bool {
        let visible = withoutIgnorable(Array(name)).map(lowercase)
        if isOnNTFS(visible, "." + word) { return true }
        let stem = String(word.prefix(6)) + "~"
        if visible.starts(with: stem.utf8), visible.count > 7, (0x31...0x34).contains(visible[7]) {
            return isOnNTFS(visible, stem + String(UnicodeScalar(visible[7])))
        }
        // Eight bytes: as much of the other short name as fits before a tilde and a number.
        guard visible.count >= 8, let tilde = visible[..<8].firstIndex(of: 0x7e), tilde <= 6,
            short.utf8.starts(with: visible[..<tilde]),
            (0x31...0x39).contains(visible[tilde + 1]),
            visible[(tilde + 2)..<8].allSatisfy({ (0x30...0x39).contains($0) })
        else { return false }
        return isOnNTFS(visible, String(decoding: visible[..<8], as: UTF8.self))
    }
}
