internal import ServiceLifecycle
internal import SyncModel
internal import SyncWatch

/// The daemon's loop: the watch captures, the wake-up exchanges, and while nothing happens
/// nothing runs.
extension VaultService: Service {
    /// Watches and syncs until the task is cancelled, a graceful shutdown begins, or somebody took
    /// the repository or the state directory away; the step that is under way is finished first.
    package func run() async throws {
        let (wakeups, wake) = AsyncStream.makeStream(
            of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let watch = try watching.start(
            configuration, vault.folders, remote: opened.remote?.watchPaths ?? [])
        life = .running(.init(watch: watch, wake: wake))
        let network = opened.remote?.isFar ?? false ? watchNetwork() : nil
        defer { network?.stop() }
        board.follow { watch.isQuiet }
        publish()
        writeState()
        let (service, hooks) = (self, hookTurns.hooks)
        await withGracefulShutdownHandler {
            await withTaskGroup(of: Void.self) { group in
                group.addTask(executorPreference: executor) { await service.follow(watch) }
                group.addTask { await service.exchangeOn(wakeups) }
                group.addTask { await service.tick() }
                group.addTask { await hooks.follow(service) }
                await group.next()
                hooks.stop()
                group.cancelAll()
            }
        } onGracefulShutdown: {
            watch.stop()
            wake.finish()
            hooks.stop()
        }
        turns.setAlarm(nil) {}
        board.follow(nil)
        life = .ending(nil)
        writeState()
    }

    /// Captures what the watch tells, and wakes the exchange.
    private func follow(_ watch: BatchStream) async {
        for await notice in watch {
            switch notice {
            case .batch(let folder, let batch):
                if batch.rootGone { watching.noteGone(folder) }
                self.notice(vault.folders[folder].id, DirtyPaths(batch), live: !batch.rescan)
            case .directoryChanged: break
            case .directoryLost(let path): watching.noteLost(path)
            }
            self.wake()
            // The exchange that is under way may last: what is captured meanwhile is told, too, and
            // the packs that it makes are joined.
            if turns.isExchanging { scheduleState() }
            // Where the next notice is there already, as while a program writes all the time, all
            // others who wait for this vault come first: the exchange that is under way, too.
            await Task.yield()
        }
    }

    /// Wakes the exchange for each poll and each full scan.
    private func tick() async {
        let clock = ContinuousClock()
        var nextScan = clock.now + configuration.sync.fullScan
        while !Task.isCancelled {
            let next = min(clock.now + configuration.sync.poll, nextScan)
            do { try await clock.sleep(until: next) } catch { return }
            watchAgain()
            if turns.isExchanging { publish() }
            if clock.now >= nextScan {
                nextScan = clock.now + configuration.sync.fullScan
                for folder in vault.folders { notice(folder.id, .everything, live: false) }
            }
            self.wake()
        }
    }

    /// Sets watches anew that were lost: of a root that came back, of a remote that was replaced.
    /// What no watch tells of is looked at: what is held, and where something was mounted.
    private func watchAgain() {
        guard let watch = life.loop?.watch else { return }
        watching.watchLost(watch)
        let covered = watching.covered(configuration.folders.map(\.path))
        for (index, folder) in vault.folders.enumerated() {
            if !covered[index].isEmpty { notice(folder.id, covered[index], live: false) }
            do {
                let quarantined = try vault.report.quarantinedToRecheck(in: folder)
                if !quarantined.isEmpty { notice(folder.id, quarantined, live: false) }
            } catch { fail(error) }
            if let unseen = watching.watchAgain(watch, folder: index, folder.stopped != nil) {
                notice(folder.id, unseen, live: false)
            }
        }
    }
}

extension DirtyPaths {
    /// What a batch of the watch says has to be looked at.
    init(_ batch: Batch) {
        self.init()
        paths = batch.paths
        directories = batch.directories
        all = batch.rescan || batch.rootGone
    }
}
