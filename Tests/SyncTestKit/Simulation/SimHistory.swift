internal import SyncEngine
internal import SyncMerge
package import SyncModel

/// One history: users write, devices sync, crash and lose the network; then all is healed and
/// every promise is checked.
extension SimWorld {
    /// Runs the history of a seed.
    /// - Returns: the remote's head at the end.
    /// - Throws: `Violation` for the first broken promise, with the seed that shows it again.
    @discardableResult
    package static func run(
        seed: UInt64, mix: SimMix = .all, traced: Bool = false, script: SimScript = SimScript()
    ) async throws -> ObjectID? {
        let world = try SimWorld(seed: seed, mix: mix, script: script)
        world.isTraced = traced
        world.trace("\(world.traits)")
        defer { world.traceLog() }
        if world.choice != nil { try await world.joinAll() }
        if world.traits.interleaves {
            try await world.interleave(steps: 40 + world.random.below(80))
        } else {
            try await world.live(steps: 20 + world.random.below(40))
        }
        world.beginHealing()
        if world.traits.interleaves { try await world.settle() }
        try await world.heal()
        return try world.remote.reference("refs/heads/sync")
    }

    func check() throws {
        if let violation { throw violation }
    }

    /// Whether a step is lived, and with what chance.
    func begins(_ step: Int) -> Bool {
        guard let chances = script.begin(step, .init(random: random, more: more, fate: fate))
        else { return false }
        (random, more, fate) = (chances.random, chances.more, chances.fate)
        isWild = !script.isTame(step)
        trace("step \(step)\(isWild ? "" : ", in which nothing goes wrong"):")
        return true
    }

    private func beginHealing() {
        let chances = script.heal(.init(random: random, more: more, fate: fate))
        (random, more, fate) = (chances.random, chances.more, chances.fate)
        trace("everything heals")
    }

    private func live(steps: Int) async throws {
        for step in 0..<steps where begins(step) {
            let device = devices[random.below(devices.count)]
            if rewritesLeft > 0 && random.oneIn(12) { try rewriteRemote() }
            switch random.below(20) {
            case 0..<9: edit(device)
            case 9..<16: _ = try await cycle(device)
            case 16:
                device.crashAfter = random.below(25)
                _ = try await cycle(device)
            case 17: device.isOnline.toggle()
            case 18: device.dirty = .everything
            default: clock.advance(Int64(random.below(10)) * 1_000_000_000)
            }
            try check()
            try await stepMore()
            try check()
        }
    }

    private func heal() async throws {
        isWild = false
        for device in devices {
            (device.opened, device.excluded, device.isOut) = ([], [], false)
            device.clock.go()
            try await restart(device)
        }
        // What a device died of twice in a row rests for a while.
        if devices.contains(where: { $0.vault?.intake.keptOut != nil }) {
            clock.advance(Int64(Limits.intakeRests[5].components.seconds) * 1_000_000_000)
        }
        try await meet()
        if try acceptDeletions() { try await meet() }
        if traits.ignores {
            try checkSecrets()
            // From now on nothing is left out.
            writeRules(devices[0], leavingOut: nil)
            try await meet()
            // What came with that word waits where a file that was left out until then is in its
            // way: the next change of rules takes that in.
            let waits = try devices.contains { device in
                try device.store.quarantined(prefix).contains { $0.reason == .leftOut }
            }
            if waits {
                writeRules(devices[0], leavingOut: nil)
                try await meet()
            }
        }
        try checkAgreement()
        try checkMerges()
        try checkTokens()
        // Who takes the remote's history loses what the remote does, by his own word.
        if !hasAccepted {
            try checkOwners()
            try checkRecords()
        }
        try checkConflicts()
        try checkKeptLines()
        try await checkQuiet()
        if traits.interleaves && isStrict { try await checkStrict() }
    }

    /// Rounds in which everything reaches everybody.
    /// Somebody says of deletions that were held for being many that they are meant.
    /// - Returns: whether there were any.
    private func acceptDeletions() throws -> Bool {
        var areAny = false
        for device in devices {
            guard let vault = device.vault else { continue }
            for folder in vault.folders where !folder.quarantinedDeletions.isEmpty {
                areAny = true
                try vault.capture(
                    [folder.id: .everything], CaptureOptions(live: false, acceptDeletes: true))
            }
        }
        return areAny
    }

    private func meet() async throws {
        // One round brings everything to the remote, the next brings it back; a device that was
        // first may have to merge once more for each other one.
        // A device that took a rewritten remote's history does so in a round of its own.
        for _ in 0...(devices.count + (choice == nil ? 1 : 3)) {
            for device in devices {
                clock.advance(100_000_000)
                _ = try await cycle(device)
                try check()
            }
        }
    }

    /// Prints the remote's history, the newest first.
    private func traceLog() {
        guard isTraced, let head = try? remote.reference("refs/heads/sync") else { return }
        var pending = [head]
        var seen: Set<ObjectID> = []
        while let id = pending.popLast() {
            guard seen.insert(id).inserted, let commit = try? remote.commit(id) else { continue }
            trace("commit \(id.short) of \(commit.parents.map(\.short)): \(commit.message)")
            for path in Self.records + [Self.kept] {
                guard
                    let version = try? TreeDiff.version(
                        at: prefix.appending(path), of: commit.tree, reading: remote),
                    let content = try? remote.blob(version.id)
                else { continue }
                let lines = String(decoding: content, as: UTF8.self).split(separator: "\n")
                trace("  \(path): \(lines)")
            }
            if let files = try? files(of: commit.tree, in: remote) {
                let all = files.sorted { $0.key < $1.key }
                trace("  files \(all.map { "\($0.key)=\($0.value.id.short)" })")
            }
            if let list = try? ConflictList(of: commit.tree, reading: remote) {
                for record in list.records {
                    let file = try? TreeDiff.version(
                        at: record.path, of: commit.tree, reading: remote)
                    trace("  open \(record.path) \(record.id) \(file?.id.short ?? "no file")")
                    trace(String(decoding: record.rendered, as: UTF8.self))
                    guard let terms = try? record.terms(reading: remote) else { continue }
                    for text in terms.bases { trace("  - \(Self.words(text))") }
                    for side in terms.sides { trace("  + \(Self.words(side.content ?? []))") }
                }
                for (path, version) in (try? files(of: commit.tree, in: remote)) ?? [:]
                where version.mode.isFile {
                    let content = (try? remote.blob(version.id)) ?? []
                    for id in Self.conflicts(in: content)
                    where !list.records.contains(where: { $0.id == id }) {
                        trace("  unlisted \(path) \(id)")
                        trace(String(decoding: content, as: UTF8.self))
                    }
                }
            }
            pending += commit.parents
        }
    }

    /// The lines of a text, in one line.
    private static func words(_ text: [UInt8]) -> String {
        "\(String(decoding: text, as: UTF8.self).split(separator: "\n"))"
    }

    /// All trees equal, to the byte, the mode and the commit.
    private func checkAgreement() throws {
        let head = try remote.reference("refs/heads/sync")
        let tree = try head.map { try remote.commit($0).tree }
        let expected = try files(of: tree, in: remote)
        for device in devices {
            if try device.repository.reference("refs/heads/sync") != head {
                violate("one commit", "\(device.name) has another head than the remote")
            }
            let here = seen(device)
            if here != expected {
                let paths = Set(here.keys).union(expected.keys)
                    .filter { here[$0] != expected[$0] }.sorted()
                violate("equal trees", "\(device.name) differs from the head in \(paths)")
            }
            if device.folder.hasDisplaced { violate("nothing waits", device.name) }
        }
        for (path, version) in expected
        where !version.isDirectory && !tokens.written.contains(version.id) {
            // A merged document is made of lines that users wrote.
            let lines = try remote.blob(version.id).split(separator: 0x0a)
            if !lines.allSatisfy({ tokens.lines.contains($0) || Self.isMarker($0) }) {
                violate("every byte has a writer", "\(path)")
            }
        }
        try check()
    }

    /// Each record of the common files is as the device that made it left it: none lost, none
    /// twice, none back.
    private func checkRecords() throws {
        for path in Self.records {
            let content = devices[0].folder.files[path]?.content ?? []
            let lines = content.split(separator: 0x0a).map { String(decoding: $0, as: UTF8.self) }
            let wanted = (recordsWord[path] ?? [:]).compactMap { id, text in
                text.map { String(decoding: Self.record(id, $0), as: UTF8.self) }
            }
            if lines.sorted() != wanted.sorted() {
                let more = Set(lines).subtracting(wanted).sorted()
                let less = Set(wanted).subtracting(lines).sorted()
                violate("every record is its owner's", "\(path): too many \(more), too few \(less)")
            }
        }
        try check()
    }

    /// Markers in files and the list of conflicts say the same.
    private func checkConflicts() throws {
        guard let head = try remote.reference("refs/heads/sync") else { return }
        let list = try ConflictList(of: remote.commit(head).tree, reading: remote)
        let files = devices[0].folder.files
        for record in list.records where !isHostile(record.path) {
            let place = record.copy ?? record.path
            guard let path = place.relative(to: prefix), let file = files[path] else {
                violate("a conflict is one of a file", "\(record.path) \(record.id)")
                continue
            }
            if let terms = try record.terms(reading: remote),
                !ContentMerge.isOpen(
                    terms, in: file.content, as: FileRule(.document), path: record.named)
            {
                trace(String(decoding: file.content + [0x0a] + record.rendered, as: UTF8.self))
                violate("a listed conflict is in its file", "\(record.path) \(record.id)")
            }
        }
        // A version that stands beside the file is listed as that, and a setting that won as a
        // whole is what it is. Markers that a user broke may stand inside the next conflict's,
        // and those that a user moved over another file while a device edited them in two files.
        let listed = Set(list.records.map(\.path))
        let ids = Set(list.records.map(\.id))
        for (path, file) in files
        where file.mode.isFile && !path.text.contains(".conflict-") && !path.text.hasPrefix("set") {
            for id in Self.conflicts(in: file.content)
            where !listed.contains(prefix.appending(path)) && !ids.contains(id) {
                violate("a conflict in a file is listed", "\(path) \(id)")
            }
        }
        try check()
    }

    /// The conflicts that markers in a text name.
    private static func conflicts(in content: [UInt8]) -> [String] {
        content.split(separator: 0x0a).filter { $0.starts(with: "<<<<<<<".utf8) }.map { line in
            let words = line.split(separator: 0x20)
            return words.count > 1 ? String(decoding: words[1], as: UTF8.self) : ""
        }
    }

    /// Every content that was committed, or stood to the end, is in the history, or in one that
    /// a device kept.
    private func checkTokens() throws {
        var reachable: Set<ObjectID> = []
        for device in devices { reachable.formUnion(try device.contentsNow()) }
        for (id, what) in tokens.wanted where !reachable.contains(id) {
            violate("nothing is lost", what)
        }
        try check()
    }

    /// What only one device wrote is as that device left it: nothing deleted came back, nothing
    /// old won.
    private func checkOwners() throws {
        for owner in devices {
            for path in SimWorld.own(owner) {
                let last = ownersWord[path] ?? nil
                let here = owner.folder.files[path]?.version.id
                if here != last {
                    violate("the only writer's word counts", "\(path) of \(owner.name)")
                }
            }
        }
        try check()
    }

    /// What is not signed comes in nowhere, where everybody asks for that.
    private func checkStrict() async throws {
        guard let head = try remote.reference("refs/heads/sync") else { return }
        let who = Signature(
            name: "somebody", email: "somebody@example.org",
            seconds: clock.now().milliseconds / 1000)
        let pack = try remote.beginPack()
        let commit = Commit(
            tree: try remote.commit(head).tree, parents: [head], author: who, committer: who,
            message: "not signed\n")
        let id = try pack.add(.commit, commit.serialized)
        try pack.finish()
        try remote.setReference("refs/heads/sync", to: id, expecting: head)
        for device in devices {
            do { _ = try await device.vault?.exchange() } catch is RefusedCommit {}
            if try device.repository.reference("refs/heads/sync") != head {
                violate("what is not signed stays out", device.name)
            }
        }
        try check()
    }

    /// More rounds and restarts change nothing.
    private func checkQuiet() async throws {
        let head = try remote.reference("refs/heads/sync")
        let writes = devices.map(\.folder.writes)
        for device in devices {
            try await restart(device)
            clock.advance(1_000_000_000)
            let outcome = try await cycle(device)
            if outcome != .inSync {
                violate("it comes to rest", "\(device.name): \(outcome as Any)")
            }
        }
        if try remote.reference("refs/heads/sync") != head {
            violate("rest makes no commits", "the head moved")
        }
        if devices.map(\.folder.writes) != writes {
            violate("rest makes no writes", "a file was written")
        }
        try check()
    }
}
