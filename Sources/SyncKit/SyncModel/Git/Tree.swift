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

    /// The entry as a version; nil for a directory that has something in it.
    package var version: FileVersion? {
        mode == .directory && id != Tree.emptyID ? nil : FileVersion(mode: mode, id: id)
    }

    /// Where its name stands for its order: in the name alone.
    fileprivate var place: TreePlace { TreePlace(mode: mode, name: name.indices, end: name.count) }
}

/// A git tree: its entries in git's order, kept as the bytes that git stores. An entry becomes a
/// value only where somebody asks for it: most of a tree is passed over, or copied as it is.
/// Source: `Documentation/gitformat-pack`, fsck's rules.
package struct Tree: Hashable, Sendable {
    /// The object's content as git writes it.
    package let serialized: [UInt8]
    /// Where each entry begins, in order.
    private let starts: [UInt32]
    /// Whether each mode is written as git writes it; other programs' trees have `040000` and
    /// `100664`, which a server that checks refuses in a new tree.
    private let isPlain: Bool

    /// The tree without entries.
    package static let empty = Tree(serialized: [], starts: [])

    private init(serialized: [UInt8], starts: [UInt32], isPlain: Bool = true) {
        self.serialized = serialized
        self.starts = starts
        self.isPlain = isPlain
    }

    /// Sorts the entries into git's order. Names are to be unique; the caller sees to that.
    package init(sorting entries: [TreeEntry]) {
        self = Tree.empty.replacing([], with: entries)
    }

    /// Parses a tree object's content.
    /// - Throws: `FormatError.badTree` for a truncated entry, a mode that is no octal number, an
    ///   empty name, or entries out of order or twice, a file and a directory of one name
    ///   included: git does not read those either, or not as they are meant.
    package init(parsing content: [UInt8]) throws(FormatError) {
        var starts: [UInt32] = []
        starts.reserveCapacity(content.count / 36)
        let bytes = content.span
        var last: TreePlace?
        // The files whose names begin that of the entry read last, the shortest first: a directory
        // stands after what has its name and a byte below `/`, so not always next to its file.
        var openings: [TreePlace] = []
        var position = 0
        var isPlain = true
        while position < bytes.count {
            guard let place = TreePlace(at: position, in: bytes), !place.name.isEmpty,
                let start = UInt32(exactly: position)
            else { throw FormatError.badTree(offset: position) }
            if let last, last.order(in: bytes, to: place, in: bytes) >= 0 {
                throw FormatError.badTree(offset: position)
            }
            if let last, last.mode != .directory, place.begins(with: last, in: bytes) {
                openings.append(last)
            }
            while let opening = openings.last, !place.begins(with: opening, in: bytes) {
                openings.removeLast()
            }
            if let opening = openings.last, opening.name.count == place.name.count {
                throw FormatError.badTree(offset: position)
            }
            starts.append(start)
            isPlain = isPlain && place.isPlain
            last = place
            position = place.end
        }
        self.init(serialized: content, starts: starts, isPlain: isPlain)
    }

    /// How many entries there are.
    package var count: Int { starts.count }

    /// The entries in git's order, names unique.
    package var entries: [TreeEntry] { starts.indices.map(entry) }

    /// The entry of that name, file or directory; nil when there is none.
    package subscript(name: some Collection<UInt8>) -> TreeEntry? {
        index(of: name).map(entry)
    }

    /// Where the entry of that name stands; nil when there is none.
    private func index(of name: some Collection<UInt8>) -> Int? {
        let name = Array(name)
        // A directory stands elsewhere than a file of the same name would.
        for mode in [FileMode.regular, .directory] {
            let index = insertion(of: TreeEntry(name: name, mode: mode, id: .zero))
            if index < count, serialized[place(index).name].elementsEqual(name) { return index }
        }
        return nil
    }

    /// The first entry that does not come before one of that name and kind.
    private func insertion(of sought: TreeEntry) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            let bytes = serialized.span
            if place(middle).order(in: bytes, to: sought.place, in: sought.name.span) < 0 {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low
    }

    /// The tree without the entries of some names and with others in their place.
    /// - Parameters:
    ///   - names: what goes; a name that is not there is passed over.
    ///   - entries: what comes, in any order; a name that stays must not be among theirs.
    package func replacing(_ names: [[UInt8]], with entries: [TreeEntry]) -> Tree {
        if !isPlain { return plain.replacing(names, with: entries) }
        let gone = Set(names.compactMap { index(of: $0) })
        // What comes stands before what it has to precede; what goes before what comes there.
        var edits = gone.map { (at: $0, entry: TreeEntry?.none) }
        edits += entries.map { (at: insertion(of: $0), entry: $0) }
        edits.sort { left, right in
            if left.at != right.at { return left.at < right.at }
            guard let one = left.entry, let two = right.entry else { return right.entry == nil }
            return one.place.order(in: one.name.span, to: two.place, in: two.name.span) < 0
        }
        var content: [UInt8] = []
        var starts: [UInt32] = []
        content.reserveCapacity(serialized.count + entries.count * 48)
        starts.reserveCapacity(count + entries.count)
        var next = 0
        func copy(to end: Int) {
            guard next < end else { return }
            let shift = content.count - start(next)
            for index in next..<end { starts.append(UInt32(start(index) + shift)) }
            content += serialized[start(next)..<start(end)]
            next = end
        }
        for edit in edits {
            copy(to: edit.at)
            if let entry = edit.entry {
                starts.append(UInt32(content.count))
                Tree.write(entry, to: &content)
            } else {
                next = edit.at + 1
            }
        }
        copy(to: count)
        return Tree(serialized: content, starts: starts)
    }

    /// Walks two trees side by side by name and gives what differs: both are sorted, directories
    /// as if they ended in `/`, so that a file and a directory of one name are two pairs.
    package static func differences(_ left: Tree, _ right: Tree) -> [(TreeEntry?, TreeEntry?)] {
        var result: [(TreeEntry?, TreeEntry?)] = []
        let (ours, theirs) = (left.serialized.span, right.serialized.span)
        var (i, j) = (0, 0)
        while i < left.count, j < right.count {
            let (one, two) = (left.start(i), right.start(j))
            let same = shared(ours, from: one, theirs, from: two)
            if left.start(i + 1) - one <= same {
                // The same bytes are the same entries, as far as they are whole.
                while i < left.count, left.start(i + 1) - one <= same { (i, j) = (i + 1, j + 1) }
                continue
            }
            let order = left.place(i).order(in: ours, to: right.place(j), in: theirs)
            if order < 0 {
                result.append((left.entry(i), nil))
                i += 1
            } else if order > 0 {
                result.append((nil, right.entry(j)))
                j += 1
            } else {
                // A mode may be written in two ways.
                if left.entry(i) != right.entry(j) {
                    result.append((left.entry(i), right.entry(j)))
                }
                (i, j) = (i + 1, j + 1)
            }
        }
        result += (i..<left.count).map { (left.entry($0), nil) }
        result += (j..<right.count).map { (nil, right.entry($0)) }
        return result
    }

    /// How many bytes are the same from two places on.
    fileprivate static func shared(
        _ left: Span<UInt8>, from one: Int, _ right: Span<UInt8>, from other: Int
    ) -> Int {
        let count = min(left.count - one, right.count - other)
        let (words, others) = (left.bytes, right.bytes)
        var index = 0
        while index + 8 <= count,
            words.unsafeLoadUnaligned(fromByteOffset: one + index, as: UInt64.self)
                == others.unsafeLoadUnaligned(fromByteOffset: other + index, as: UInt64.self)
        {
            index += 8
        }
        while index < count, left[one + index] == right[other + index] { index += 1 }
        return index
    }

    /// The same entries, each mode as git writes it.
    private var plain: Tree {
        var content: [UInt8] = []
        var starts: [UInt32] = []
        for entry in entries {
            starts.append(UInt32(content.count))
            Tree.write(entry, to: &content)
        }
        return Tree(serialized: content, starts: starts)
    }

    private static func write(_ entry: TreeEntry, to content: inout [UInt8]) {
        content += entry.mode.octal.utf8
        content.append(0x20)
        content += entry.name
        content.append(0)
        content += entry.id.bytes
    }

    private func start(_ index: Int) -> Int {
        index < starts.count ? Int(starts[index]) : serialized.count
    }

    private func place(_ index: Int) -> TreePlace {
        guard let place = TreePlace(at: start(index), in: serialized.span) else {
            preconditionFailure("a tree's entries were read before")
        }
        return place
    }

    private func entry(_ index: Int) -> TreeEntry {
        let place = place(index)
        guard let id = ObjectID(serialized.span, at: place.end - ObjectID.byteCount) else {
            preconditionFailure("a tree's entries were read before")
        }
        return TreeEntry(name: Array(serialized[place.name]), mode: place.mode, id: id)
    }
}

/// Where the parts of an entry stand in a tree's bytes.
private struct TreePlace {
    let mode: FileMode
    let name: Range<Int>
    /// After the object's name.
    let end: Int
    /// Whether the mode is written as git writes it.
    let isPlain: Bool

    init(mode: FileMode, name: Range<Int>, end: Int, isPlain: Bool = true) {
        self.mode = mode
        self.name = name
        self.end = end
        self.isPlain = isPlain
    }

    /// Reads the entry that begins at `start`; nil when there is no whole one with a mode.
    init?(at start: Int, in bytes: Span<UInt8>) {
        let space: Int
        let read: (mode: FileMode, isPlain: Bool)?
        if let (mode, count) = FileMode.common(at: start, in: bytes) {
            (space, read) = (start + count, (mode, true))
        } else {
            space = Self.first(0x20, from: start, in: bytes)
            read = FileMode.read(bytes.extracting(start..<space))
        }
        let nul = Self.first(0, from: space + 1, in: bytes)
        guard nul + ObjectID.byteCount < bytes.count, let (mode, isPlain) = read else {
            return nil
        }
        self.init(
            mode: mode, name: (space + 1)..<nul, end: nul + ObjectID.byteCount + 1,
            isPlain: isPlain)
    }

    /// Where a byte stands next; the end where it does not.
    private static func first(_ byte: UInt8, from start: Int, in bytes: Span<UInt8>) -> Int {
        let sought = 0x0101_0101_0101_0101 * UInt64(byte)
        let words = bytes.bytes
        var index = start
        while index + 8 <= bytes.count {
            let word = words.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)
            let differing = UInt64(littleEndian: word) ^ sought
            // The highest bit of the lowest byte that is zero.
            let found = (differing &- 0x0101_0101_0101_0101) & ~differing & 0x8080_8080_8080_8080
            if found != 0 { return index + found.trailingZeroBitCount / 8 }
            index += 8
        }
        while index < bytes.count, bytes[index] != byte { index += 1 }
        return min(index, bytes.count)
    }

    /// How it stands to another entry in git's order, which is that of the names' bytes, a
    /// directory's name counting as if it ended in `/`.
    /// - Returns: less than zero when it comes first, zero for the same name and kind.
    func order(in bytes: Span<UInt8>, to other: TreePlace, in others: Span<UInt8>) -> Int {
        let shared = min(name.count, other.name.count)
        let same = Tree.shared(
            bytes, from: name.lowerBound, others, from: other.name.lowerBound)
        if same < shared {
            return Int(bytes[name.lowerBound + same])
                - Int(others[other.name.lowerBound + same])
        }
        return byte(after: shared, in: bytes) - other.byte(after: shared, in: others)
    }

    /// Whether its name begins with another's, or is that name.
    func begins(with other: TreePlace, in bytes: Span<UInt8>) -> Bool {
        let count = other.name.count
        // The last byte first: in a tree of like names that is where they differ.
        guard count <= name.count,
            bytes[name.lowerBound + count - 1] == bytes[other.name.upperBound - 1]
        else { return false }
        for offset in 0..<count
        where bytes[name.lowerBound + offset] != bytes[other.name.lowerBound + offset] {
            return false
        }
        return true
    }

    private func byte(after count: Int, in bytes: Span<UInt8>) -> Int {
        if count < name.count { return Int(bytes[name.lowerBound + count]) }
        return mode == .directory ? 0x2f : -1
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
