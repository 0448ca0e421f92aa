import SyncModel
import Testing

@testable import SyncMerge

/// A stamp `ms` after 1970 by `device`.
func stamp(_ ms: Int64, _ device: String = "a", _ text: String? = "") -> VersionStamp {
    let blob = text.map { ObjectID(hashing: Array($0.utf8), as: .blob) }
    return VersionStamp(milliseconds: ms, device: device, commit: .zero, blob: blob)
}

/// A side that a capture commit made.
func side(_ text: String?, at ms: Int64, by device: String = "a") -> ContentSide {
    ContentSide(content: text.map { Array($0.utf8) }, stamp: stamp(ms, device, text))
}

/// Merges texts; the first side is the older, by `laptop`, the second the newer, by `phone`.
func merge(
    _ base: String?, _ early: String?, _ late: String?, as rule: FileRule,
    path: TreePath? = TreePath("notes/a.md")
) -> ContentResult {
    ContentMerge.merge(
        base: base.map { Array($0.utf8) }, side(early, at: 1000, by: "laptop"),
        side(late, at: 2000, by: "phone"), as: rule, path: path)
}

extension ContentResult {
    /// The bytes as text.
    var text: String? { content.map { String(decoding: $0, as: UTF8.self) } }
}

/// A row of a table: three versions and what comes of them.
struct MergeCase: Sendable, CustomTestStringConvertible {
    let name: String
    let base: String?
    let early: String?
    let late: String?
    let merged: String?
    var notes: [MergeNote.Kind] = []
    var fallback: MergeFallback?

    init(
        _ name: String, _ base: String?, _ early: String?, _ late: String?, _ merged: String?,
        notes: [MergeNote.Kind] = [], fallback: MergeFallback? = nil
    ) {
        (self.name, self.base, self.early, self.late) = (name, base, early, late)
        (self.merged, self.notes, self.fallback) = (merged, notes, fallback)
    }

    var testDescription: String { name }
}
