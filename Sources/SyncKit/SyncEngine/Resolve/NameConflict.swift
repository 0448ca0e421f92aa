internal import SyncMerge
internal import SyncModel

/// Resolving a conflict of names: what a device made gets the name, and what stands there goes.
extension ConflictResolution {
    /// Works out what one side's choice leaves.
    /// - Parameter side: the index of the side that shall have the name.
    func name(for side: Int) throws -> [TreePath: FileVersion?] {
        guard let copy = record.copy else { return [:] }
        var result: [TreePath: FileVersion?] = [:]
        result.updateValue(nil, forKey: copy)
        guard try side == movedSide() else { return result }
        guard let kept = try TreeDiff.file(at: copy, of: tree, reading: reader) else {
            throw ChangeRefusal(.missing, "there is no file \(copy) any more")
        }
        for path in try record.inTheWay(of: tree, reading: reader) where path != copy {
            result.updateValue(nil, forKey: path)
        }
        result[record.path] = kept
        return result
    }

    /// The side whose version stands beside its name.
    private func movedSide() throws -> Int? {
        if record.isAgainstDirectory { return record.sides.firstIndex { $0.blob != nil } }
        let same = record.sides.indices.filter { index in
            record.sides[index].blob.map { blob in
                ConflictCopy.paths(for: record.path, blob: blob).contains { $0 == record.copy }
            } ?? false
        }
        if same.count == 1 { return same[0] }
        // Two names of one content: the side that called it so.
        return try same.first { index in
            let commit = record.sides[index].stamp.commit
            guard reader.contains(commit) else { return false }
            let tree = try reader.commit(commit).tree
            return try TreeDiff.file(at: record.path, of: tree, reading: reader) != nil
        }
    }
}
