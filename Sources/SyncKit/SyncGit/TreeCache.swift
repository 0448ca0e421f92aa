internal import SyncModel

/// Parsed trees that were read lately. Bounded by the entries they hold: two generations, the
/// older of which is dropped when the younger is full.
struct TreeCache {
    private var young: [ObjectID: Tree] = [:]
    private var old: [ObjectID: Tree] = [:]
    private var entries = 0
    private let room = ReadingRoom.own.trees

    /// The tree if it is remembered.
    subscript(id: ObjectID) -> Tree? {
        mutating get {
            if let tree = young[id] { return tree }
            guard let tree = old.removeValue(forKey: id) else { return nil }
            insert(tree, id)
            return tree
        }
    }

    /// Remembers a tree, unless it alone would take a large part of the room.
    mutating func insert(_ tree: Tree, _ id: ObjectID) {
        if tree.count > room.entries / 8 { return }
        if entries >= room.entries / 2 || young.count >= room.count / 2 {
            old = young
            young = [:]
            entries = 0
        }
        young[id] = tree
        entries += tree.count
    }
}
