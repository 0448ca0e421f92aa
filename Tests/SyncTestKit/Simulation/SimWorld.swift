internal import SyncEngine
internal import SyncMerge
internal import SyncModel
internal import SyncRemote

/// N devices and a remote, with users who write at any moment, crashes, cut networks and clocks
/// that are off. A seed decides everything.
package final class SimWorld: @unchecked Sendable {
    package let seed: UInt64
    var random: SeededRandom
    var fate: SeededRandom
    let clock = SimClock()
    let remote = InMemoryRepository()
    let prefix: TreePath
    private(set) var devices: [SimDevice] = []
    /// Whether faults, and users who write while the engine works, are on.
    var isWild = true
    /// The first broken promise that a hook saw.
    var violation: Violation?
    var tokens = TokenLedger()
    /// The blob that each path with one writer was left with; nil for deleted.
    var ownersWord: [TreePath: ObjectID?] = [:]
    /// The text that each record of the common files was left with by the device that made it.
    var recordsWord: [TreePath: [String: String?]] = [:]
    /// Every line that was added to the file to which lines are only added.
    var keptLines: Set<ArraySlice<UInt8>> = []
    /// Lines that rules leave out, and where they stand.
    var secrets: [String: String] = [:]
    /// What somebody chooses when the remote was rewritten; nil in histories where it never is.
    let choice: RemoteRequest.Choice?
    var rewritesLeft = 0
    /// Whether everybody signs, and nobody lets in what is not signed.
    let isStrict: Bool
    /// How often something of the past was asked for that was thinned, and how many objects went.
    private(set) var broughtBack = 0
    var thinnedObjects = 0
    /// Whether some device took the remote's history: what it had of others may be gone then.
    var hasAccepted = false
    private var depth = 0
    /// What the history has beside edits, crashes and networks, and what decides about that.
    let traits: SimTraits
    var more: SeededRandom
    /// How many files somebody added with another git client.
    var foreignFiles = 0
    /// Which of its steps the history is made of.
    let script: SimScript
    /// Who waits for a cycle: the device and since when, in nanoseconds of the world.
    let waiting = SimWaiting()

    /// Sets the scene: two to four devices with clocks up to a minute apart.
    package init(seed: UInt64, mix: SimMix = .all, script: SimScript = SimScript()) throws {
        self.script = script
        self.seed = seed
        // Of its own too: what a seed of the former mix shows it shows for ever.
        more = SeededRandom(seed: seed ^ 0x304e)
        random = SeededRandom(seed: seed)
        prefix = Self.path("shared")
        // Of its own, so that a history without a rewrite is the one it was before.
        fate = SeededRandom(seed: seed ^ 0x5eed)
        // A remote that lost what was thinned here cannot be given it again.
        let choice: RemoteRequest.Choice? =
            fate.oneIn(3) ? fate.oneIn(2) ? .accept : .restore : nil
        self.choice = mix == .thinning ? nil : choice
        if self.choice != nil { rewritesLeft = 1 + fate.below(3) }
        isStrict = fate.oneIn(3)
        var traits =
            mix == .former ? SimTraits() : SimTraits(&more, isRewritten: self.choice != nil)
        if mix == .reverting { (traits.chooses, traits.reverts) = (true, true) }
        if mix == .hiding {
            (traits.hides, traits.ignores, traits.chooses) = (true, true, true)
            (traits.reverts, traits.leavesOut, traits.loses) = (more.oneIn(2), false, false)
        }
        traits.interleaves = mix == .interleaved
        traits.thins = mix == .thinning
        if mix == .unmarked {
            // What is chosen, lost or left out by somebody's word is not asked for.
            (traits.hasUnmarked, traits.chooses) = (true, more.oneIn(3))
            (traits.loses, traits.ignores) = (false, false)
        }
        self.traits = traits
        let count = 2 + random.below(3)
        for index in 0..<count {
            let skew = Int64(random.below(120) - 60) * 1_000_000_000
            let device = SimDevice(
                name: "d\(index)", clock: SimClock(of: clock, skew: random.oneIn(2) ? skew : 0))
            device.folder = folder(of: device, index)
            device.isStrict = isStrict
            device.notesScope = mix != .former
            if traits.interleaves { slowDown(device) }
            devices.append(device)
            try device.restart(remote: link(of: device), prefix: prefix)
            if traits.interleaves { try serve(device) }
        }
    }

    /// A path that is known to be one.
    static func path(_ text: String) -> TreePath {
        guard let path = TreePath(text) else { fatalError("not a path: \(text)") }
        return path
    }

    private func folder(of device: SimDevice, _ index: Int) -> SimFolder {
        SimFolder(
            clock: device.clock,
            before: { [unowned self, unowned device] changes throws(FolderError) in
                if device.step(changes: changes) { throw FolderError(.io, "call", nil, "crashed") }
                self.meanwhile(device)
            },
            isBusy: { [unowned self, unowned device] path in
                device.opened.contains(path) || self.isWild && self.random.oneIn(12)
            },
            lateWrite: { [unowned self, unowned device] path, old in
                guard self.isWild, self.random.oneIn(10), !path.text.contains("/own-") else {
                    return nil
                }
                if path == Self.kept { return self.withLine(old, on: device) }
                if Self.records.contains(path) {
                    if device.hasLostStore { return nil }
                    return self.remember(old, in: path, on: device, adds: true)
                }
                return self.tokens.content(by: device, of: path)
            },
            destroys: { [unowned self, unowned device] path, content in
                let id = ObjectID(hashing: content, as: .blob)
                if !device.repository.contains(id) {
                    self.violate("apply destroys nothing", "\(path) on \(device.name)")
                }
            })
    }

    /// A user's edit between two calls of the engine.
    private func meanwhile(_ device: SimDevice) {
        guard isWild, depth == 0, random.oneIn(40) else { return }
        depth += 1
        edit(device)
        depth -= 1
    }

    /// Prints what happens, for reading one history.
    package var isTraced = false
    func trace(_ text: @autoclosure () -> String) {
        if isTraced { print(text()) }
    }

    func violate(_ invariant: String, _ detail: String) {
        if violation == nil {
            violation = Violation(seed: seed, invariant: invariant, detail: detail)
        }
    }

    // MARK: The network

    private func link(of device: SimDevice) -> SimRemote {
        let link = SimLink(transfer: transfer(of: device))
        return SimRemote(
            fetch: { [unowned self, unowned device] mayBring throws(RemoteError) in
                await self.wait(device, "to be asked")
                try self.check(device)
                let seen = try link.transfer.fetch(mayBring)
                await self.wait(device, "for what is fetched")
                try self.checkAnswer(device)
                self.noteShown(seen.head, to: device)
                return seen
            },
            push: { [unowned self, unowned device] head, expected, applied throws(RemoteError) in
                await self.wait(device, "to push")
                try self.check(device)
                device.service?.notePush()
                let outcome = try link.transfer.push(
                    head, expecting: expected, applied: applied)
                if outcome == .accepted { self.checkForward(expected, head, by: device) }
                await self.wait(device, "for the answer to a push")
                try self.checkAnswer(device)
                // The push went through and the answer was lost.
                if self.isWild && self.random.oneIn(25) {
                    throw RemoteError(.unreachable, "push", "cut after the fact")
                }
                return outcome
            },
            bringBack: { [unowned self, unowned device] () throws(RemoteError) in
                try self.check(device)
                self.trace("  \(device.name) brings back what was thinned")
                self.broughtBack += 1
                try link.transfer.bringBack()
            })
    }

    /// In half of the histories the remote is one behind a network.
    private func transfer(of device: SimDevice) -> any SimTransfer {
        var way = SeededRandom(seed: seed ^ 0x4e37)
        guard way.oneIn(2) else {
            return PathTransfer(
                local: device.repository, remote: remote, branch: "sync", device: device.name)
        }
        return SimNetwork(
            local: device.repository, remote: remote, device: device.name, seed: way.next()
        ) { [unowned self] in self.violate("a push is complete", $0) }
    }

    /// A transfer between repositories that one thread uses.
    private struct SimLink: @unchecked Sendable {
        let transfer: any SimTransfer
    }

    private func checkForward(_ old: ObjectID?, _ new: ObjectID, by device: SimDevice) {
        guard let old else { return }
        do {
            let history = History(CommitStamps(reading: remote))
            if try !history.isAncestor(old, of: new) {
                violate("no force-push", "\(device.name) pushed \(new.short)")
            }
        } catch { violate("no force-push", "\(error)") }
    }

    /// A device is shown the remote's head: one that is behind what it goes along with was
    /// rewritten.
    private func noteShown(_ head: ObjectID?, to device: SimDevice) {
        guard choice != nil, device.running?.name == "exchange", let known = device.knownHead
        else { return }
        do {
            let history = History(CommitStamps(reading: remote))
            device.hasSeenRewrite = try head.map { try !history.isAncestor(known, of: $0) } ?? true
        } catch { violate("no force-push", "\(error)") }
    }

    /// Whether an answer that had to be waited for reaches anybody.
    private func checkAnswer(_ device: SimDevice) throws(RemoteError) {
        if device.running == nil { return }
        if device.isCrashed { throw RemoteError(.io, "call", "crashed") }
        if isWild, !device.isOnline { throw RemoteError(.unreachable, "call", "cut") }
    }

    private func check(_ device: SimDevice) throws(RemoteError) {
        if device.step(changes: false) { throw RemoteError(.io, "call", "crashed") }
        meanwhile(device)
        if isWild, !device.isOnline || random.oneIn(15) {
            throw RemoteError(.unreachable, "call", "cut")
        }
    }

    // MARK: The devices

    func restart(_ device: SimDevice) async throws {
        await end(device)
        // A process that starts finds room, or it does not start.
        device.folder.setFull(false)
        try device.restart(remote: link(of: device), prefix: prefix)
        // The lock of a reference that was being moved stays for a while.
        device.repository.lockedTries = isWild && random.oneIn(3) ? 1 + random.below(3) : 0
        if traits.interleaves { try serve(device) }
    }

    /// Lets a device make one cycle over what its watch told it, as the service does: the
    /// exchange is tried although the capture failed. A crash restarts the device.
    func cycle(_ device: SimDevice) async throws -> ExchangeOutcome? {
        guard let vault = device.vault else { return nil }
        let dirty = device.dirty
        device.dirty = DirtyPaths()
        do {
            trace("\(device.name) cycle \(dirty.all ? "all" : "\(dirty.paths.sorted())")")
            defer {
                if isTraced {
                    let files = device.folder.files.sorted { $0.key < $1.key }
                        .map { "\($0.key)=\($0.value.version.id.short)" }
                    trace("\(device.name) has \(files)")
                }
            }
            var failure: (any Error)?
            do {
                try vault.capture(
                    dirty.isEmpty ? [:] : [prefix: dirty], .init(live: !dirty.all))
            } catch {
                if device.isCrashed { throw error }
                failure = error
            }
            var outcome = try await vault.exchange(thrift())
            if case .stopped(let change) = outcome {
                trace("\(device.name) is stopped: \(change.words)")
                outcome = try await resolve(device, vault, change) ?? outcome
            }
            if let failure { throw failure }
            device.isCutShort = false
            if outcome == .inSync { (device.isJoining, device.hasLostStore) = (false, false) }
            if outcome == .inSync && violation == nil { try checkInSync(device) }
            if outcome == .inSync && traits.thins { try thin(device) }
            return outcome
        } catch {
            trace("\(device.name) failed: \(error)")
            if device.isCrashed {
                device.isCutShort = true
                try await restart(device)
            } else {
                device.dirty.merge(dirty)
                guard isWild || error is RemoteError || Self.isThinned(error) else { throw error }
            }
            return nil
        }
    }

    /// Chooses for a device what its rewritten remote shall be, sooner or later.
    private func resolve(_ device: SimDevice, _ vault: Vault, _ change: RemoteChange) async throws
        -> ExchangeOutcome?
    {
        guard let choice else {
            violate("a remote that goes forward is none rewritten", change.words)
            return nil
        }
        if isWild && random.oneIn(2) { return nil }
        if choice == .accept { hasAccepted = true }
        do { _ = try vault.choose(RemoteRequest(choice)) } catch let refusal as ChangeRefusal {
            violate("a stopped vault has a choice", refusal.description)
        }
        return try await vault.exchange(thrift())
    }

    /// A device may be far from the remote at one moment and near at the next.
    func thrift() -> ExchangeOptions {
        ExchangeOptions(pushesFirst: fate.oneIn(2), publishesLater: fate.oneIn(2))
    }

    /// "In sync" is said only when folder, head and remote head are one, as far as the watch
    /// told by then.
    func checkInSync(_ device: SimDevice) throws {
        let head = try device.repository.reference("refs/heads/sync")
        let far = try remote.reference("refs/heads/sync")
        // An answer that had to be waited for may be an old one.
        if head != far, !isWild, device.running == nil {
            violate("it tells the truth", "\(device.name): head is not remote's")
        }
        guard device.dirty.isEmpty, !device.folder.hasDisplaced else { return }
        let tree = try head.map { try device.repository.commit($0).tree }
        let expected = try files(of: tree, in: device.repository)
        let here = seen(device).filter { !mayBeIgnored($0.key) || expected[$0.key] != nil }
        let stands = expected.filter { path, version in
            if device.leavesOut(path) { return false }
            // What is left out may stand in a directory that is empty elsewhere.
            return !version.isDirectory
                || !device.folder.versions.keys.contains {
                    $0 != path && $0.isAtOrBelow(path)
                        && (mayBeIgnored($0) || device.leavesOut($0))
                }
        }
        if here != stands {
            let paths = Set(here.keys).union(stands.keys).filter { here[$0] != stands[$0] }
            let words = paths.sorted().map { path in
                "\(path) (\(here[path]?.id.short ?? "nothing"), in the head "
                    + "\(stands[path]?.id.short ?? "nothing"))"
            }
            violate(
                "it tells the truth",
                "\(device.name): the folder is not the head at \(words.joined(separator: ", "))")
        }
    }

    /// What stands in the folder of what the device syncs, a hostile member's files left out.
    func seen(_ device: SimDevice) -> [TreePath: FileVersion] {
        device.folder.versions.filter { path, _ in
            !device.leavesOut(path) && !path.isAtOrBelow(Self.hostile)
        }
    }

    /// The files of a tree below the prefix, a hostile member's left out.
    func files(of tree: ObjectID?, in repository: InMemoryRepository) throws
        -> [TreePath: FileVersion]
    {
        var result: [TreePath: FileVersion] = [:]
        for change in try TreeDiff.changes(from: nil, to: tree, reading: repository) {
            guard let path = change.path.relative(to: prefix), let after = change.after,
                !path.isAtOrBelow(Self.hostile)
            else { continue }
            result[path] = after
        }
        return result
    }
}
