package import SyncMerge
package import SyncModel

extension ConflictRecord {
    /// The side that a device calls its own: what it made last, else what stands in its folder
    /// under the file's name.
    package func own(_ device: String) -> Int {
        if !sides.contains(where: { $0.stamp.device == device }), let holder { return holder }
        return roles(device).own(Array(sides.indices))
    }

    /// The side that stands against it: the latest of the others.
    package func other(_ device: String) -> Int {
        let own = own(device)
        return sides.indices.last { $0 != own } ?? own
    }

    /// The side that has the file's name, or what is left of it. A text shows the earliest first.
    private var holder: Int? {
        if kind == .deleteModify { return sides.firstIndex { $0.blob != nil } }
        guard let copy, !isText, !isOfNames else { return nil }
        return sides.firstIndex { side in
            side.blob.map { !ConflictCopy.paths(for: named, blob: $0).contains(copy) } ?? false
        }
    }

    private func roles(_ device: String) -> SideRoles {
        SideRoles(of: device, sides.map(\.stamp.device))
    }
}

extension ConflictRecord {
    /// Whether several sides were made under a device's name: where two machines have it, nothing
    /// tells which is whose.
    func isUnclear(to device: String) -> Bool {
        sides.count { $0.stamp.device == device } > 1
    }
}

extension OpenConflict {
    /// A conflict as a device sees it.
    /// - Parameter device: its side is "ours".
    package init(_ record: ConflictRecord, device: String) {
        let ours = record.sides[record.own(device)]
        let theirs = record.sides[record.other(device)]
        let rule =
            switch (record.kind, record.copy) {
            case (.deleteModify, _): "an edit stays against a deletion"
            case _ where record.isAgainstDirectory: "a directory keeps its name"
            case (_, .some): "the loser is kept as a copy"
            case _ where record.isText: "three-way merge of lines"
            default: "union by record"
            }
        // What stood nowhere before begins with nothing, as a text: that is no version.
        let base = record.kind == .addAdd ? nil : record.bases.first?.blob
        self.init(
            id: record.id, path: record.path, type: record.type.rawValue, kind: record.kind,
            rule: rule, base: base, ours: ours.blob, theirs: theirs.blob,
            oursDevice: ours.stamp.device, theirsDevice: theirs.stamp.device,
            detectedAt: record.since.iso8601)
    }
}
