internal import SyncModel

/// What an object of a server's pack refers to, read from its bytes.
enum NamedObjects {
    /// What a tree's entries name, submodules left out; nil for what is no tree.
    static func inTree(_ bytes: UnsafeRawBufferPointer) -> [ObjectID]? {
        var found: [ObjectID] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            guard let nul = rest.firstIndex(of: 0), rest.endIndex - nul > ObjectID.byteCount else {
                return nil
            }
            let end = nul + 1 + ObjectID.byteCount
            guard let id = ObjectID(rest[(nul + 1)..<end]) else { return nil }
            if !isSubmodule(rest[..<nul]) { found.append(id) }
            rest = rest[end...]
        }
        return found
    }

    private static let plain = ["100644 ", "40000 ", "100755 ", "120000 "].map { Array($0.utf8) }

    /// Whether an entry, up to its name's end, is of another repository's commit, as git reads its
    /// mode. One whose mode cannot be read is none: what it names has to be there.
    private static func isSubmodule(_ entry: Slice<UnsafeRawBufferPointer>) -> Bool {
        if plain.contains(where: { entry.starts(with: $0) }) { return false }
        let octal = Array(entry.prefix { $0 != 0x20 })
        return octal.count < entry.count && FileMode(octal: octal.span) == .submodule
    }

    /// What the first lines of a commit or tag name; nil where none names anything. A line of such
    /// a name further down is nothing to git.
    static func inLines(_ bytes: UnsafeRawBufferPointer) -> [ObjectID]? {
        var found: [ObjectID] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let line = rest.prefix { $0 != 0x0a }
            rest = rest[line.endIndex...].dropFirst()
            let key = line.prefix { $0 != 0x20 }
            let names = found.isEmpty ? ["tree", "object"] : ["parent"]
            if !names.contains(where: { key.elementsEqual($0.utf8) }) { break }
            guard let id = ObjectID(digits: line[key.endIndex...].dropFirst()) else { return nil }
            found.append(id)
        }
        return found.isEmpty ? nil : found
    }
}
