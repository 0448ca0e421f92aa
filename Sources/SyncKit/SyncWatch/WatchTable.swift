/// The watched directories of one folder, as nodes with a parent and a name: moving a directory
/// touches one node, and 100,000 directories cost a few MiB.
///
/// A node is linked (its parents lead to the root) or an orphan: taken out of its place, and not
/// yet known to stand elsewhere. An orphan keeps its children.
struct WatchTable {
    typealias Node = Int32
    static let root: Node = 0
    private static let none: Node = -1
    private static let orphaned: Node = -2
    private static let free: Node = -3

    private struct Entry {
        var watch: Int32
        var parent: Node
        var firstChild = none
        var next = none
        var previous = none
        var nextInBucket = none
        var nameStart: UInt32 = 0
        var nameLength: UInt16 = 0
    }

    private var entries: [Entry]
    private var firstFree = none
    private var buckets: [Node]
    private var byWatch: [Int32: Node]
    /// All names one after the other; those of nodes that moved or went are `wasted`.
    private var names: [UInt8] = []
    private var wasted = 0
    /// How many directories are watched.
    private(set) var count = 1

    /// A table that holds the root alone.
    init(rootWatch: Int32) {
        entries = [Entry(watch: rootWatch, parent: Self.none)]
        buckets = Array(repeating: Self.none, count: 64)
        byWatch = [rootWatch: Self.root]
    }

    /// The node with the watch descriptor.
    func node(watch: Int32) -> Node? { byWatch[watch] }

    /// The watch descriptor of a node.
    func watch(_ node: Node) -> Int32 { entries[Int(node)].watch }

    /// Whether the node was taken out of its place and put nowhere since.
    func isOrphan(_ node: Node) -> Bool { entries[Int(node)].parent == Self.orphaned }

    /// The node linked under a name.
    func child(_ parent: Node, _ name: some Collection<UInt8>) -> Node? {
        var node = buckets[bucket(parent, name)]
        while node != Self.none {
            let entry = entries[Int(node)]
            if entry.parent == parent, nameBytes(entry).elementsEqual(name) { return node }
            node = entry.nextInBucket
        }
        return nil
    }

    /// The names from the root to the node joined by `/`, empty for the root; nil below an orphan.
    func path(_ node: Node) -> [UInt8]? {
        var chain: [Entry] = []
        var entry = entries[Int(node)]
        while entry.parent >= 0 {
            chain.append(entry)
            entry = entries[Int(entry.parent)]
        }
        guard entry.parent == Self.none else { return nil }
        var path: [UInt8] = []
        for entry in chain.reversed() {
            if !path.isEmpty { path.append(0x2f) }
            path += nameBytes(entry)
        }
        return path
    }

    /// Whether `node` is `ancestor` or stands below it.
    func isAtOrBelow(_ node: Node, _ ancestor: Node) -> Bool {
        var node = node
        while node >= 0, node != ancestor { node = entries[Int(node)].parent }
        return node == ancestor
    }

    /// Adds a watched directory under a name that is free.
    mutating func insert(_ parent: Node, _ name: some Collection<UInt8>, watch: Int32) -> Node {
        let node: Node
        if firstFree != Self.none {
            node = firstFree
            firstFree = entries[Int(node)].next
            entries[Int(node)] = Entry(watch: watch, parent: Self.orphaned)
        } else {
            node = Node(entries.count)
            entries.append(Entry(watch: watch, parent: Self.orphaned))
        }
        byWatch[watch] = node
        count += 1
        link(node, parent, name)
        return node
    }

    /// Puts a node with all below it under a name that is free and not its own descendant.
    mutating func relink(_ node: Node, _ parent: Node, _ name: some Collection<UInt8>) {
        orphan(node)
        link(node, parent, name)
    }

    /// Takes a node with all below it out of its place.
    mutating func orphan(_ node: Node) {
        let entry = entries[Int(node)]
        guard entry.parent >= 0 else { return }
        if entry.previous != Self.none {
            entries[Int(entry.previous)].next = entry.next
        } else {
            entries[Int(entry.parent)].firstChild = entry.next
        }
        if entry.next != Self.none { entries[Int(entry.next)].previous = entry.previous }
        removeFromBucket(node, entry)
        wasted += Int(entry.nameLength)
        entries[Int(node)].parent = Self.orphaned
        entries[Int(node)].nameLength = 0
        compactNames()
    }

    /// Removes a node and all below it.
    /// - Returns: their watch descriptors.
    mutating func remove(_ top: Node) -> [Int32] {
        orphan(top)
        var watches: [Int32] = []
        var stack = [top]
        while let node = stack.popLast() {
            var child = entries[Int(node)].firstChild
            while child != Self.none {
                stack.append(child)
                child = entries[Int(child)].next
            }
            let entry = entries[Int(node)]
            if node != top {
                removeFromBucket(node, entry)
                wasted += Int(entry.nameLength)
            }
            byWatch[entry.watch] = nil
            watches.append(entry.watch)
            entries[Int(node)] = Entry(watch: -1, parent: Self.free, next: firstFree)
            firstFree = node
        }
        count -= watches.count
        compactNames()
        return watches
    }

    private mutating func link(_ node: Node, _ parent: Node, _ name: some Collection<UInt8>) {
        if count > buckets.count { growBuckets() }
        let head = entries[Int(parent)].firstChild
        if head != Self.none { entries[Int(head)].previous = node }
        let index = bucket(parent, name)
        entries[Int(node)].parent = parent
        entries[Int(node)].next = head
        entries[Int(node)].previous = Self.none
        entries[Int(node)].nameStart = UInt32(names.count)
        entries[Int(node)].nameLength = UInt16(name.count)
        entries[Int(node)].nextInBucket = buckets[index]
        entries[Int(parent)].firstChild = node
        buckets[index] = node
        names += name
    }

    private func nameBytes(_ entry: Entry) -> ArraySlice<UInt8> {
        names[Int(entry.nameStart)..<(Int(entry.nameStart) + Int(entry.nameLength))]
    }

    /// FNV-1a over the parent and the name; the number of buckets is a power of two.
    private func bucket(_ parent: Node, _ name: some Collection<UInt8>) -> Int {
        var hash: UInt64 = (0xcbf2_9ce4_8422_2325 ^ UInt64(parent)) &* 0x100_0000_01b3
        for byte in name { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        hash ^= hash >> 32
        return Int(truncatingIfNeeded: hash) & (buckets.count - 1)
    }

    private mutating func removeFromBucket(_ node: Node, _ entry: Entry) {
        let index = bucket(entry.parent, nameBytes(entry))
        if buckets[index] == node {
            buckets[index] = entry.nextInBucket
            return
        }
        var before = buckets[index]
        while before != Self.none, entries[Int(before)].nextInBucket != node {
            before = entries[Int(before)].nextInBucket
        }
        if before != Self.none { entries[Int(before)].nextInBucket = entry.nextInBucket }
    }

    private mutating func growBuckets() {
        buckets = Array(repeating: Self.none, count: buckets.count * 2)
        for node in entries.indices where entries[node].parent >= 0 {
            let index = bucket(entries[node].parent, nameBytes(entries[node]))
            entries[node].nextInBucket = buckets[index]
            buckets[index] = Node(node)
        }
    }

    private mutating func compactNames() {
        guard wasted > 4096, wasted > names.count / 2 else { return }
        var kept: [UInt8] = []
        kept.reserveCapacity(names.count - wasted)
        for node in entries.indices where entries[node].parent >= 0 {
            let start = UInt32(kept.count)
            kept += nameBytes(entries[node])
            entries[node].nameStart = start
        }
        names = kept
        wasted = 0
    }
}
