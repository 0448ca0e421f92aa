package import SyncModel

/// A conflict as a value: file = side₁ − base₁ + side₂ − base₂ + … + sideₙ.
///
/// Merging a file that carries a conflict adds and subtracts terms and cancels equal ones, so a
/// conflict that one side resolved resolves, and markers never nest. After jj's `Merge<T>`.
package struct ConflictTerms: Hashable, Sendable {
    /// What the sides were made from; one fewer than the sides, ordered by content.
    package let bases: [[UInt8]]
    /// The versions that disagree, ordered by stamp.
    package let sides: [CapturedContent]
    /// Whether the file was written without markers, whatever its rule is by now.
    package var isUnmarked: Bool

    /// Takes the terms and puts them in order.
    package init(bases: [[UInt8]], sides: [CapturedContent], isUnmarked: Bool = false) {
        self.isUnmarked = isUnmarked
        self.bases = bases.sorted { $0.lexicographicallyPrecedes($1) }
        self.sides = sides.sorted { left, right in
            if left.stamp != right.stamp { return left.stamp < right.stamp }
            return (left.content ?? []).lexicographicallyPrecedes(right.content ?? [])
        }
    }

    /// The bases' blob ids, in order.
    package var baseIDs: [ObjectID] { bases.map { ObjectID(hashing: $0, as: .blob) } }

    /// The sides' blob ids, in order.
    package var sideIDs: [ObjectID] {
        sides.map { ObjectID(hashing: $0.content ?? [], as: .blob) }
    }

    /// Names the conflict: 16 hexadecimal digits of a hash over the terms and the path, the same
    /// on every device.
    /// - Parameter path: the file's; nil where it has none, as under `git merge-file`.
    package func id(path: TreePath?) -> String {
        Self.id(path: path, bases: baseIDs, sides: sideIDs)
    }

    /// The same of terms that are known by their blobs alone.
    static func id(path: TreePath?, bases: [ObjectID], sides: [ObjectID]) -> String {
        var text = path?.bytes ?? []
        for id in bases { text += [0x0a, 0x2d] + id.bytes }
        for id in sides { text += [0x0a, 0x2b] + id.bytes }
        return String(ObjectID(hashing: text, as: .blob).hex.prefix(16))
    }
}
