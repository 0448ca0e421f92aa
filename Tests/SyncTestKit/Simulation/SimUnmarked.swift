internal import SyncMerge
internal import SyncModel

/// Files that show no markers: of what disagrees in them one side's text stands there, and the list
/// of conflicts has the others'.
extension SimWorld {
    /// Those among the documents that all devices write.
    static let unmarked = [
        "documents/a.yaml", "documents/notes/b.toml", "documents/notes/sub/c.csv",
        "documents/d.ini",
    ].map(path)

    /// One to which all add lines, and from which nobody takes any.
    static let kept = path("documents/kept.yaml")

    /// A user adds a line somewhere in the file to which lines are only added.
    func addLine(_ device: SimDevice) {
        let content = withLine(device.folder.files[Self.kept]?.content ?? [], on: device)
        overwritten([Self.kept], on: device)
        device.folder.write(Self.kept, content, mode: .regular, inPlace: more.oneIn(2))
        tell(device, Self.kept)
        trace(
            "  \(device.name) adds to \(Self.kept): \(ObjectID(hashing: content, as: .blob).short)")
    }

    /// The file with a line more.
    func withLine(_ content: [UInt8], on device: SimDevice) -> [UInt8] {
        var lines = content.split(separator: 0x0a)
        let line = tokens.line(by: device)[...]
        lines.insert(line, at: more.below(lines.count + 1))
        keptLines.insert(line)
        let result = Array(lines.joined(separator: [0x0a])) + [0x0a]
        tokens.note(result, by: device, of: Self.kept)
        return result
    }

    /// Every line that was added stands in the file, beside it, or in a conflict that is open in
    /// one of these.
    func checkKeptLines() throws {
        // What somebody chose may be gone from there.
        if !traits.hasUnmarked || traits.chooses || choice != nil { return }
        guard let head = try remote.reference("refs/heads/sync") else { return }
        let isKept = { (path: TreePath) in path.text.hasPrefix("documents/kept.") }
        var found: Set<ArraySlice<UInt8>> = []
        for (path, file) in devices[0].folder.files where isKept(path) {
            found.formUnion(file.content.split(separator: 0x0a))
        }
        let list = try ConflictList(of: remote.commit(head).tree, reading: remote)
        for record in list.records where record.path.relative(to: prefix).map(isKept) ?? false {
            for side in try record.terms(reading: remote)?.sides ?? [] {
                found.formUnion((side.content ?? []).split(separator: 0x0a))
            }
        }
        let lost = keptLines.subtracting(found).map { String(decoding: $0, as: UTF8.self) }
        if !lost.isEmpty { violate("what was added stands, or is open", "\(lost.sorted())") }
        try check()
    }
}
