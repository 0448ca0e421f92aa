internal import SyncEngine
internal import SyncModel

/// Histories in which every call to a remote takes its time: while one waits users edit, captures
/// run, conflicts are resolved, versions come back, vaults are paused, choices are made, state
/// stores fail and processes die.
extension SimWorld {
    /// Called within a call to a remote: waits until the world lets it go on.
    func wait(_ device: SimDevice, _ what: String) async {
        guard let flight = device.running else { return }
        trace("  \(device.name) waits \(what)")
        await flight.wait()
    }

    /// Lets a device's checks of signatures take their time now and then.
    func slowDown(_ device: SimDevice) {
        device.verifier = SimSlowVerifier { [unowned self, unowned device] in
            guard device.running != nil, !device.isCrashed, random.oneIn(4) else { return }
            await wait(device, "for a signature to be checked")
        }
    }

    static func words(_ dirty: DirtyPaths) -> String {
        dirty.all ? "everything" : "\(dirty.paths.sorted())"
    }

    /// Puts a service around a device's vault.
    func serve(_ device: SimDevice) throws {
        var way = SeededRandom(seed: seed ^ 0x4e37)
        device.service = try SimService(self, device, isNetwork: way.oneIn(2))
    }

    // MARK: Calls that take their time

    private func fly(
        _ device: SimDevice, _ name: String, _ work: @escaping @Sendable () async -> Void
    ) async {
        let flight = SimFlight(name)
        device.flights.append(flight)
        device.running = flight
        await flight.begin(work)
        land(device)
    }

    private func proceed(_ device: SimDevice, _ flight: SimFlight) async {
        trace("\(device.name) goes on with its \(flight.name)")
        device.running = flight
        await flight.proceed()
        land(device)
    }

    private func land(_ device: SimDevice) {
        device.running = nil
        device.flights.removeAll { $0.isOver }
    }

    /// Lets all calls that are under way come to their end.
    func finish(_ device: SimDevice) async {
        while let flight = device.flights.first { await proceed(device, flight) }
        if let service = device.service { device.dirty.merge(service.takeInbox()) }
    }

    /// Ends the process: what it had under way never does anything any more.
    func end(_ device: SimDevice) async {
        if device.flights.isEmpty { return waiting.end(allOf: device.name) }
        device.kill()
        await finish(device)
        waiting.end(allOf: device.name)
    }

    // MARK: What happens

    /// Lives a history of some steps.
    func interleave(steps: Int) async throws {
        for step in 0..<steps where begins(step) {
            let device = devices[random.below(devices.count)]
            if rewritesLeft > 0 && random.oneIn(24) { try rewriteRemote() }
            try await happen(to: device)
            try await revive()
            try check()
            try await stepMore()
            try await revive()
            try check()
        }
    }

    private func happen(to device: SimDevice) async throws {
        guard let service = device.service else { return }
        switch random.below(32) {
        case 0..<9: edit(device)
        case 9..<13:
            trace("\(device.name) hears of changes")
            service.hear()
        case 13..<18: await turn(device)
        case 18..<23: await goOn(device)
        case 23: try await die(device)
        case 24: device.isOnline.toggle()
        case 25:
            trace("\(device.name) is \(service.isPaused ? "resumed" : "paused")")
            service.setPaused(!service.isPaused)
        case 26:
            trace("\(device.name) is asked for a cycle")
            service.ask(scan: random.oneIn(2))
        case 27: try loseStore(device)
        case 28: await choose(device)
        case 29:
            if !device.folder.isGone && random.oneIn(2) { return }
            device.folder.setGone(!device.folder.isGone)
            trace("\(device.name)'s folder \(device.folder.isGone ? "goes" : "is back")")
        case 30:
            if !device.folder.isFull && random.oneIn(2) { return }
            device.folder.setFull(!device.folder.isFull)
            trace("\(device.name)'s disk is full: \(device.folder.isFull)")
        default:
            let milliseconds = [10, 500, 2_000, 40_000][random.below(4)]
            trace("\(milliseconds) ms pass")
            clock.advance(Int64(milliseconds) * 1_000_000)
            for device in devices { device.service?.tick() }
        }
    }

    /// Lets the loop of a device look whether an exchange is due.
    private func turn(_ device: SimDevice) async {
        guard let service = device.service else { return }
        if random.oneIn(2) { service.wake() }
        guard service.isDue() else { return }
        trace("\(device.name) begins an exchange")
        await fly(device, "exchange") { await service.exchangeNow() }
    }

    private func goOn(_ device: SimDevice) async {
        if device.flights.isEmpty { return await turn(device) }
        await proceed(device, device.flights[random.below(device.flights.count)])
    }

    /// The process ends now, or at one of its next changes.
    private func die(_ device: SimDevice) async throws {
        if random.oneIn(2) {
            device.crashAfter = random.below(25)
            trace("\(device.name) dies soon")
        } else {
            trace("\(device.name) dies")
            device.kill()
        }
    }

    /// Starts the devices anew whose process ended.
    private func revive() async throws {
        for device in devices where device.isCrashed {
            trace("\(device.name) starts anew")
            device.isCutShort = true
            await end(device)
            if random.oneIn(3) {
                trace("\(device.name)'s power was cut")
                device.folder.cutPower(&random)
            }
            try await restart(device)
        }
    }

    /// The state store of a device is damaged: it notices at the next step, or has noticed. All
    /// that its user did is captured then: of a deletion that nobody knows of nothing is left. And
    /// the device has said once what it holds: of one that never took part nobody can tell what
    /// was deleted since.
    private func loseStore(_ device: SimDevice) throws {
        guard let service = device.service, let vault = device.vault, !device.isOut,
            device.excluded.isEmpty, device.dirty.isEmpty, service.inbox.isEmpty,
            vault.local.rechecks.isEmpty, !device.folder.hasDisplaced, !device.isCutShort,
            !device.isJoining, try vault.appliedReference.commit() != nil, random.oneIn(2)
        else { return }
        // A remote that was rewritten besides has what that device cannot know.
        if choice != nil { hasAccepted = true }
        trace("\(device.name)'s state store is damaged")
        if random.oneIn(2) {
            device.store.isDamaged = true
            (device.isJoining, device.hasLostStore) = (true, true)
        } else {
            service.reopen()
        }
    }

    private func choose(_ device: SimDevice) async {
        guard let choice, let service = device.service, device.vault?.tracker.change != nil
        else { return }
        if choice == .accept { hasAccepted = true }
        trace("\(device.name) chooses to \(choice.rawValue)")
        await fly(device, "choice") { await service.choose(choice) }
    }

    // MARK: The end of it

    /// Nothing goes wrong any more, nobody edits, and nobody starts anew: what was edited has to
    /// be captured within a bound, and who waits is answered.
    func settle() async throws {
        isWild = false
        for device in devices {
            (device.isOnline, device.crashAfter) = (true, nil)
            device.folder.setGone(false)
            device.folder.setFull(false)
            for path in device.opened.sorted() { tell(device, path) }
            device.opened = []
            device.clock.go()
        }
        for second in 0..<Self.bound {
            clock.advance(1_000_000_000)
            for device in devices { try await live(device) }
            try check()
            if second == Self.captureBound { try checkCaptured() }
        }
        for device in waiting.devices { violate("no request waits for ever", device) }
        try check()
    }

    /// Within how many seconds everything comes to rest: two of the slowest tries.
    private static let bound = 120
    /// Within how many seconds what was edited is captured.
    private static let captureBound = 90

    /// One second of a device with nothing in its way.
    private func live(_ device: SimDevice) async throws {
        guard let service = device.service else { return }
        if service.isPaused { service.setPaused(false) }
        if !device.dirty.isEmpty { service.hear() }
        service.tick()
        for _ in 0..<1_000 {
            if let flight = device.flights.first {
                await proceed(device, flight)
            } else if device.vault?.tracker.change != nil, let choice {
                if choice == .accept { hasAccepted = true }
                await fly(device, "choice") { await service.choose(choice) }
                if device.vault?.tracker.change != nil { return }
            } else if service.isDue() {
                await fly(device, "exchange") { await service.exchangeNow() }
            } else {
                return
            }
        }
        violate("no request waits for ever", "\(device.name): \(device.flights.map(\.name))")
    }

    /// What stands in the folders is in the histories.
    private func checkCaptured() throws {
        for device in devices where !device.isOut {
            if let service = device.service, !service.inbox.isEmpty {
                violate("no lost wake-up", "\(device.name)'s inbox")
            }
            try device.learnReachable()
            for (path, version) in seen(device)
            where !version.isDirectory && !mayBeIgnored(path)
                && !device.reachable.contains(version.id)
            {
                violate("no lost wake-up", "\(path) on \(device.name) is not captured")
            }
        }
        try check()
    }
}
