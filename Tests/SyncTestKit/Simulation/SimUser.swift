internal import SyncEngine
internal import SyncModel

/// What users do.
extension SimWorld {
    /// Paths that any device writes: with a name that is a file on one and a directory on another.
    static let shared = [
        "documents/todo.md", "documents/notes/a.md", "documents/notes/b.md",
        "documents/notes/sub/c.md", "documents/x", "documents/x/y.md", "documents/Readme.md",
        "settings/theme",
    ].map(path)

    /// Files of records that all devices write, each its own records: of each type one.
    static let records = [
        "memories/m.jsonl", "conversations/c.jsonl", "events/e.jsonl",
    ].map(path)

    /// Paths that only the device writes: there the owner's last word counts, always.
    static func own(_ device: SimDevice) -> [TreePath] {
        [path("documents/own-\(device.name)/1.md"), path("documents/own-\(device.name)/2.md")]
    }

    /// Does one thing to one file.
    func edit(_ device: SimDevice) {
        clock.advance(Int64(random.below(30)) * 1_000_000)
        let folder = device.folder!
        if folder.isGone { return }
        if traits.hasUnmarked, more.oneIn(2) { return addLine(device) }
        if random.oneIn(4) {
            if !device.hasLostStore { editRecords(device) }
            return
        }
        let paths = random.oneIn(3) ? Self.own(device) : sharedPaths
        if device.hasLostStore, paths[0] == Self.own(device)[0] { return }
        let path = paths[random.below(paths.count)]
        let here = folder.files[path]
        // Nobody sees a deletion there, nor a version of before that comes back.
        let isUnseen = device.leavesOut(path) || device.isJoining || path == Self.rules
        switch isUnseen ? 11 : random.below(12) {
        case 0 where here != nil:
            overwritten([path], on: device)
            folder.delete(path)
        case 1 where here != nil:
            // Markers in two files at a time are listed for one of them.
            if here?.content.split(separator: 0x0a).contains(where: Self.isMarker) ?? false {
                return
            }
            // Within the paths of one kind, so that a device's own stay its own.
            let target = paths[random.below(paths.count)]
            if target == path || target.isAtOrBelow(path) || path.isAtOrBelow(target) { return }
            if device.leavesOut(target) || target == Self.rules { return }
            overwritten([target], on: device)
            forgetSecrets(in: here?.content ?? [])
            folder.rename(path, to: target)
            tell(device, target)
        case 2 where here?.mode.isFile == true:
            let mode: FileMode = here?.mode == .regular ? .executable : .regular
            folder.write(path, here?.content ?? [], mode: mode, inPlace: true)
        case 4..<8 where here?.mode.isFile == true && path != Self.shared.last:
            overwritten([path], on: device)
            let content = editedLines(here?.content ?? [], on: device)
            tokens.note(content, by: device, of: path)
            folder.write(path, content, mode: here?.mode ?? .regular, inPlace: random.oneIn(2))
        case _ where path == Self.rules: writeRules(device)
        case 3:
            overwritten([path], on: device)
            folder.write(
                path, tokens.content(by: device, of: path), mode: .symbolicLink, inPlace: false)
        default:
            overwritten([path], on: device)
            let mode: FileMode = random.oneIn(8) ? .executable : .regular
            folder.write(
                path, tokens.content(by: device, of: path), mode: mode, inPlace: random.oneIn(2))
        }
        tell(device, path)
        noteSecret(at: path, on: device)
        trace(
            "  \(device.name) edits \(path): "
                + (folder.files[path].map { "\($0.mode) \($0.version.id.short)" } ?? "gone"))
    }

    /// One line more, another or less; or what markers stand there taken out.
    private func editedLines(_ content: [UInt8], on device: SimDevice) -> [UInt8] {
        var lines = content.split(separator: 0x0a, omittingEmptySubsequences: false)
        let at = random.below(lines.count)
        switch random.below(6) {
        case 0: lines.remove(at: at)
        case 1: lines[at] = tokens.line(by: device)[...]
        case 2: lines.removeAll { Self.isMarker($0) }
        default: lines.insert(tokens.line(by: device)[...], at: at)
        }
        return Array(lines.joined(separator: [0x0a]))
    }

    /// Whether a line is one of a conflict's markers.
    static func isMarker(_ line: ArraySlice<UInt8>) -> Bool {
        ["<<<<<<<", "|||||||", "=======", ">>>>>>>"].contains { line.starts(with: $0.utf8) }
    }

    /// A record more, another text in one of the device's own, or one of its own less.
    private func editRecords(_ device: SimDevice) {
        let folder = device.folder!
        let path = Self.records[random.below(Self.records.count)]
        let content = folder.files[path]?.content ?? []
        overwritten([path], on: device)
        folder.write(
            path,
            remember(
                content, in: path, on: device, adds: device.leavesOut(path) || device.isJoining),
            mode: .regular, inPlace: random.oneIn(2))
        tell(device, path)
    }

    /// A file of records after one of the device's own came, changed or went; an event that is
    /// there never changes.
    /// - Parameter adds: only adds one: a program that writes to a file which was moved away
    ///   does not see what the user does to the one that took its place.
    func remember(
        _ content: [UInt8], in path: TreePath, on device: SimDevice, adds: Bool = false
    ) -> [UInt8] {
        let before = recordsWord
        var lines = content.split(separator: 0x0a)
        let own = lines.indices.filter { lines[$0].starts(with: "{\"id\":\"\(device.name)-".utf8) }
        let text = String(decoding: tokens.line(by: device), as: UTF8.self)
        if !adds, !own.isEmpty, random.oneIn(2) {
            let at = own[random.below(own.count)]
            let id = String(decoding: lines[at].dropFirst(7).prefix { $0 != 0x22 }, as: UTF8.self)
            if random.oneIn(3) || path == Self.records.last {
                lines.remove(at: at)
                recordsWord[path, default: [:]].updateValue(nil, forKey: id)
            } else {
                lines[at] = Self.record(id, text)
                recordsWord[path, default: [:]].updateValue(text, forKey: id)
            }
        } else {
            let id = "\(device.name)-\(recordsWord[path]?.count ?? 0)"
            lines.append(Self.record(id, text))
            recordsWord[path, default: [:]].updateValue(text, forKey: id)
        }
        let result = Array(lines.joined(separator: [0x0a])) + [0x0a]
        let id = ObjectID(hashing: result, as: .blob)
        if traits.isNew, device.isCutShort, tokens.written.contains(id) {
            // What stood there before an apply that was cut short may stand there still: who goes
            // back to it before that was learnt cannot be told from who did nothing.
            recordsWord = before
            return remember(content, in: path, on: device, adds: true)
        }
        trace(
            "  \(device.name) edits \(path): \(id.short) "
                + "\(lines.map { String(decoding: $0.dropFirst(7), as: UTF8.self) })")
        tokens.note(result, by: device, of: path)
        return result
    }

    /// A record's line.
    static func record(_ id: String, _ text: String) -> ArraySlice<UInt8> {
        Array("{\"id\":\"\(id)\",\"text\":\"\(text)\"}".utf8)[...]
    }

    /// Contents that vanish with this edit: those never committed need not be found again.
    func overwritten(_ paths: [TreePath], on device: SimDevice) {
        for path in paths {
            for (other, file) in device.folder.files
            where other.isAtOrBelow(path) || path.isAtOrBelow(other) {
                let id = file.version.id
                do { try device.learnReachable() } catch { violate("readable history", "\(error)") }
                if !device.reachable.contains(id) { tokens.drop(id) }
                tell(device, other)
            }
        }
    }

    func tell(_ device: SimDevice, _ path: TreePath) {
        if Self.own(device).contains(path) {
            ownersWord[path] = .some(device.folder.files[path]?.version.id)
        }
        var dirty = DirtyPaths()
        dirty.paths = [path]
        device.dirty.merge(dirty)
    }
}
