/// One entry of a git tree.
package struct TreeEntry: Hashable, Sendable {
    /// Bytes without NUL, never empty. In a tree that somebody else made it may be `..` or hold
    /// a `/`: `TreePath` takes no such name.
    package let name: [UInt8]
    /// What the entry is: a file, a link, a directory or a submodule.
    package let mode: FileMode
    /// The blob or tree; of a submodule a commit of another repository.
    package let id: ObjectID

    /// Takes a name (one path component, unchecked), a mode and the object it points at.
    package init(name: [UInt8], mode: FileMode, id: ObjectID) {
        self.name = name
        self.mode = mode
        self.id = id
    }

    /// The entry as a file's version; nil for a directory.
    package var version: FileVersion? {
        mode == .directory ? nil : FileVersion(mode: mode, id: id)
    }

    /// Git's order: bytes of the name, a directory's name counting as if it ended in `/`.
    package static func precedes(_ left: TreeEntry, _ right: TreeEntry) -> Bool {
        let shared = min(left.name.count, right.name.count)
        for index in 0..<shared where left.name[index] != right.name[index] {
            return left.name[index] < right.name[index]
        }
        return left.sortByte(at: shared) < right.sortByte(at: shared)
    }

    private func sortByte(at index: Int) -> Int {
        if index < name.count { return Int(name[index]) }
        return mode == .directory ? 0x2f : -1
    }
}

/// A git tree: its entries in git's order. Source: `Documentation/gitformat-pack`, fsck's rules.
package struct Tree: Hashable, Sendable {
    /// Sorted as git sorts them, names unique.
    package let entries: [TreeEntry]

    /// The tree without entries.
    package static let empty = Tree(entries: [])

    /// Sorts the entries into git's order. Names are to be unique; the caller sees to that.
    package init(sorting entries: [TreeEntry]) {
        self.entries = entries.sorted(by: TreeEntry.precedes)
    }

    private init(entries: [TreeEntry]) { self.entries = entries }

    /// Parses a tree object's content.
    /// - Throws: `FormatError.badTree` for a truncated entry, an unknown mode, an empty name, or
    ///   entries out of order or twice: git does not read those either, or not as they are meant.
    package init(parsing content: [UInt8]) throws(FormatError) {
        var entries: [TreeEntry] = []
        var position = 0
        while position < content.count {
            guard let space = content[position...].firstIndex(of: 0x20),
                let mode = FileMode(octal: content[position..<space]),
                let nul = content[space...].firstIndex(of: 0),
                nul + ObjectID.byteCount < content.count,
                let id = ObjectID(content[(nul + 1)...(nul + ObjectID.byteCount)])
            else { throw FormatError.badTree(offset: position) }
            let name = Array(content[(space + 1)..<nul])
            guard !name.isEmpty else { throw FormatError.badTree(offset: position) }
            let entry = TreeEntry(name: name, mode: mode, id: id)
            if let last = entries.last, !TreeEntry.precedes(last, entry) {
                throw FormatError.badTree(offset: position)
            }
            entries.append(entry)
            position = nul + ObjectID.byteCount + 1
        }
        self.init(entries: entries)
    }

    /// The object's content as git writes it.
    package var serialized: [UInt8] {
        var content: [UInt8] = []
        content.reserveCapacity(entries.count * 40)
        for entry in entries {
            content.append(contentsOf: entry.mode.octal.utf8)
            content.append(0x20)
            content.append(contentsOf: entry.name)
            content.append(0)
            content.append(contentsOf: entry.id.bytes)
        }
        return content
    }

    /// The entry of that name, file or directory; nil when there is none.
    package subscript(name: some Collection<UInt8>) -> TreeEntry? {
        entries.first { $0.name.elementsEqual(name) }
    }
}

/// Why bytes are not the git object they were taken for.
package enum FormatError: Error, Hashable, Sendable, CustomStringConvertible {
    case badTree(offset: Int)
    case badCommit(line: Int)

    package var description: String {
        switch self {
        case .badTree(let offset): "malformed tree at byte \(offset)"
        case .badCommit(let line): "malformed commit at line \(line)"
        }
    }
}
