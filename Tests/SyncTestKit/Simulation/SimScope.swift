internal import SyncEngine
internal import SyncModel

/// Paths and folders that are left out for a while, and devices that lose what they knew.
extension SimWorld {
    static let rules = path(".gitignore")

    /// Directories that rules leave out; the second is one device's own.
    static let places = [
        "documents/notes", "documents/own-d0", "documents/own-d1", "events", "memories",
    ].map(path)

    /// Whether the rules of some moment may have left a path out.
    func mayBeIgnored(_ path: TreePath) -> Bool {
        traits.ignores && Self.places.contains { path.isAtOrBelow($0) }
    }

    /// Writes rules that leave one directory out.
    func writeRules(_ device: SimDevice) {
        writeRules(device, leavingOut: Self.places[random.below(Self.places.count)])
    }

    /// The same.
    /// - Parameter directory: nil leaves nothing out.
    func writeRules(_ device: SimDevice, leavingOut directory: TreePath?) {
        overwritten([Self.rules], on: device)
        secrets = [:]
        let line = Array("# ".utf8) + tokens.line(by: device)
        var content = line + [0x0a]
        if let directory { content += Array("/\(directory)/\n".utf8) }
        tokens.note(content, by: device, of: Self.rules)
        device.folder.write(Self.rules, content, mode: .regular, inPlace: false)
        tell(device, Self.rules)
        trace("  \(device.name) leaves out \(directory?.description ?? "nothing")")
    }

    /// Lets a device make cycles until all that its user did is captured, and pushed.
    /// - Returns: false when that did not come about.
    private func isInSync(_ device: SimDevice) async throws -> Bool {
        guard try await cycle(device) == .inSync else { return false }
        return device.dirty.isEmpty && !device.folder.hasDisplaced && device.opened.isEmpty
    }

    /// Changes what the configuration of a device covers; no edit waits to be captured then.
    func leaveOutOrTakeIn(_ device: SimDevice) async throws {
        await finish(device)
        if device.isOut || !device.excluded.isEmpty {
            if more.oneIn(3) { return }
            (device.isOut, device.excluded, device.isJoining) = (false, [], true)
        } else {
            guard try await isInSync(device) else { return }
            if more.oneIn(2) {
                device.isOut = true
            } else {
                device.excluded = [Self.places[more.below(Self.places.count)]]
            }
        }
        trace("\(device.name) is out: \(device.isOut), leaves out \(device.excluded)")
        try await restart(device)
        if more.oneIn(3) { device.crashAfter = more.below(25) }
    }

    /// Keeps a backup of all that a device has, or loses some of it; nothing waits to be pushed
    /// then, since what was only there is gone with it.
    func loseOrBackUp(_ device: SimDevice) async throws {
        await finish(device)
        guard try await isInSync(device) else { return }
        let now = SimDevice.Backup(
            files: device.folder.files, repository: device.repository.copy(),
            store: device.store.copy())
        guard let backup = device.backup, more.oneIn(2) else {
            device.backup = now
            trace("\(device.name) is backed up")
            return
        }
        let way = more.below(7)
        trace("\(device.name) loses something: \(way)")
        switch way {
        case 0: device.adopt(device.repository, CrashingStateStore())
        case 1: device.adopt(InMemoryRepository(), device.store)
        case 2: device.adopt(backup.repository.copy(), device.store)
        case 3: device.adopt(InMemoryRepository(), CrashingStateStore())
        case 4:
            device.folder.restore(backup.files)
            device.adopt(backup.repository.copy(), backup.store.copy())
        case 5:
            device.folder.restore(backup.files)
            device.adopt(device.repository, CrashingStateStore())
        default:
            device.folder.restore(backup.files)
            device.adopt(InMemoryRepository(), CrashingStateStore())
        }
        device.isBlank = [0, 3, 5, 6].contains(way)
        try await rejoin(device)
    }

    /// Lets a device join with what it has left, before its user does anything: a deletion that
    /// nobody can know of would come back.
    private func rejoin(_ device: SimDevice) async throws {
        isWild = false
        defer { isWild = true }
        (device.isOnline, device.isJoining) = (true, true)
        try await restart(device)
        if more.oneIn(2) { device.crashAfter = more.below(25) }
        for _ in 0..<4 {
            if try await cycle(device) == .inSync { break }
        }
        device.crashAfter = nil
    }
}
