internal import SyncModel

/// Renames as the rules before version 6 followed them. What they lost of a file that both sides
/// renamed is in the history; merges of theirs are made again to see that they are right.
extension PathTable {
    /// Moves an edit to the new name that the other side gave the file, and chooses one name
    /// where both sides renamed it differently: what the other one had there is dropped.
    mutating func followRenamesOfOneSide(stamps: CommitStamps) throws(RepositoryError) {
        for (old, rename) in renames.first.sorted(by: { $0.key < $1.key }) {
            let new = rename.name
            if let other = renames.second[old]?.name {
                if other != new { try chooseName(old, first: new, second: other, stamps) }
            } else if let edited = rows[old]?.second.version, edited != rows[old]?.base {
                land(old, at: new, editor: \.second)
            }
        }
        for (old, rename) in renames.second.sorted(by: { $0.key < $1.key })
        where renames.first[old] == nil {
            if let edited = rows[old]?.first.version, edited != rows[old]?.base {
                land(old, at: rename.name, editor: \.first)
            }
        }
    }

    /// The edit of `old` by one side lands at `new`, the name the other side gave the file.
    private mutating func land(
        _ old: TreePath, at new: TreePath, editor: WritableKeyPath<Row, Side>
    ) {
        guard let source = rows[old], var target = rows[new] else { return }
        rows[old]?[keyPath: editor].version = nil
        if target[keyPath: editor].version == nil {
            target.base = source.base
            target[keyPath: editor] = source[keyPath: editor]
        } else {
            // The editor put another file there: two files meet at one name.
            let renamer: WritableKeyPath<Row, Side> = editor == \.first ? \.second : \.first
            target[keyPath: renamer] = source[keyPath: editor]
        }
        rows[new] = target
    }

    /// Both sides renamed one file: the later rename names it.
    private mutating func chooseName(
        _ old: TreePath, first: TreePath, second: TreePath, _ stamps: CommitStamps
    ) throws(RepositoryError) {
        let stampFirst = try stamps.origin(of: first, at: sides.first)
        let stampSecond = try stamps.origin(of: second, at: sides.second)
        if stampFirst > stampSecond {
            rows[second]?.second.version = nil
        } else {
            rows[first]?.first.version = nil
        }
    }
}
