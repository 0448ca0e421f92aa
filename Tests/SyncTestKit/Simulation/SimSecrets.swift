internal import SyncMerge
internal import SyncModel

/// What users write where a rule leaves it out. Until somebody changes rules it goes to nobody.
extension SimWorld {
    /// Paths of a directory that rules leave out, which all devices write.
    private static let hidden = shared.filter { $0 != places[0] && $0.isAtOrBelow(places[0]) }

    /// Lets everybody have rules that leave a directory out, and a user write there what nobody
    /// else is to see: at a path that is synced no more, or never was.
    func hide(_ device: SimDevice) async throws {
        let path = Self.hidden[more.below(Self.hidden.count)]
        if try device.store.file(prefix, path) != nil {
            overwritten([path], on: device)
            device.folder.delete(path)
            tell(device, path)
        }
        if try agreedPlaces()?.contains(Self.places[0]) != true {
            writeRules(device, leavingOut: Self.places[0])
        }
        let wasWild = isWild
        defer { isWild = wasWild }
        isWild = false
        for device in devices {
            (device.isOnline, device.opened, device.repository.lockedTries) = (true, [], 0)
        }
        for _ in 0..<4 {
            for device in devices { _ = try await cycle(device) }
            if try agreedPlaces() != nil { break }
        }
        if try device.store.file(prefix, path) != nil { return }
        overwritten([path], on: device)
        let content = tokens.content(by: device, of: path)
        device.folder.write(path, content, mode: .regular, inPlace: more.oneIn(2))
        tell(device, path)
        noteSecret(at: path, on: device)
    }

    /// Lets those go that a user moves to another name.
    func forgetSecrets(in content: [UInt8]) {
        let text = String(decoding: content, as: UTF8.self)
        secrets = secrets.filter { !text.contains($0.key) }
    }

    /// Notes a line that a user just wrote, if a rule leaves it out on all devices.
    func noteSecret(at path: TreePath, on device: SimDevice) {
        if !traits.ignores { return }
        do {
            guard let places = try agreedPlaces() else { return }
            let joins = device.isCutShort || device.isJoining || device.hasLostStore
            guard !joins, let file = device.folder.files[path],
                try isLeftOut(path, on: device, places), !file.content.contains(0x0a)
            else { return }
            let text = String(decoding: file.content, as: UTF8.self)
            if text.hasPrefix("\(device.name) wrote ") {
                secrets[text] = "\(path) on \(device.name)"
                trace("  \(device.name) keeps \(path) to itself: \(text)")
            }
        } catch { violate("readable history", "\(error)") }
    }

    /// Whether the device leaves a file out that it does not sync.
    private func isLeftOut(
        _ path: TreePath, on device: SimDevice, _ places: [TreePath]
    ) throws -> Bool {
        guard places.contains(where: { path != $0 && path.isAtOrBelow($0) }) else { return false }
        return try device.store.file(prefix, path) == nil
    }

    /// The directories that the rules leave out; nil while some device, or the remote, has others.
    private func agreedPlaces() throws -> [TreePath]? {
        guard let rules = devices[0].folder.files[Self.rules],
            devices.allSatisfy({ $0.folder.files[Self.rules]?.version.id == rules.version.id })
        else { return nil }
        for repository in devices.map(\.repository) + [remote] {
            let tree = try repository.reference("refs/heads/sync").map {
                try repository.commit($0).tree
            }
            let version = try TreeDiff.version(
                at: prefix.appending(Self.rules), of: tree, reading: repository)
            if version?.id != rules.version.id { return nil }
        }
        return rules.content.split(separator: 0x0a).filter { $0.first == 0x2f }.compactMap {
            TreePath(String(decoding: $0.dropFirst().dropLast(), as: UTF8.self))
        }
    }

    /// Nothing that a rule left out is in the remote's history, be it in a record of a conflict.
    func checkSecrets() throws {
        guard !secrets.isEmpty, let head = try remote.reference("refs/heads/sync") else { return }
        var seen: Set<ObjectID> = []
        for version in try remote.versions(behind: [head], seen: &seen) {
            guard version.mode != .submodule, !version.isDirectory, remote.contains(version.id)
            else { continue }
            let text = String(decoding: try remote.blob(version.id), as: UTF8.self)
            for (secret, place) in secrets where text.contains(secret) {
                violate("what is left out goes to nobody", "\(place): \(secret)")
            }
        }
        try check()
    }
}
