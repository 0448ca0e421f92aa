internal import SyncModel

/// Taking the steps of a plan in one folder, and what came of them.
struct FolderApply {
    let folder: VaultFolder
    let repository: any ObjectReader
    let store: any StateStore
    let clock: any WallClock
    /// The devices that made the applied versions.
    let makers: VersionMakers
    /// What the state store has to learn, in one transaction at the end.
    var changes: [StateChange] = []
    /// Paths on which something else stood than expected: to be captured.
    private(set) var edited: [TreePath] = []
    private(set) var quarantines: [(path: TreePath, reason: QuarantinedPath.Reason?)] = []
    private(set) var report = ApplyReport()
    /// Paths at which the wanted version stands now.
    var done: Set<TreePath> { Set(quarantines.lazy.filter { $0.reason == nil }.map(\.path)) }
    /// The first failure that concerns more than one path; the steps that failed are put off.
    private(set) var failure: FolderError?
    /// Whether a `.gitignore` changed, so that what it left out has to be looked at.
    var rulesChanged: Bool { done.contains { $0.name.elementsEqual(IgnoreView.name) } }
    private var touched: Set<TreePath?> = []
    private var standing: Set<TreePath> = []

    init(
        folder: VaultFolder, repository: any ObjectReader, store: any StateStore,
        clock: any WallClock, makers: VersionMakers
    ) {
        (self.folder, self.repository, self.store) = (folder, repository, store)
        (self.clock, self.makers) = (clock, makers)
    }

    /// Takes all steps. A step that fails is put off and the others go on; staged files that
    /// find no place are discarded.
    /// - Throws: what making it durable throws.
    mutating func run(
        _ plan: ApplyPlan, _ staged: [StagedContent], _ resembled: ResembledFiles
    ) throws(FolderError) {
        standing = plan.standing
        // Before anything goes that they resemble.
        let made = takeOver(resembled, staged)
        for step in plan.clearing { do { try remove(step) } catch { fail(step, error) } }
        for step in plan.modes { do { try changeMode(step) } catch { fail(step, error) } }
        let databases = Set(staged.lazy.filter(\.file.isDatabase).map(\.step.path))
        for content in staged {
            // Whether or not the database finds its place.
            if content.step.path.database.map({ databases.contains($0) }) ?? false {
                folder.access.discard(content.file)
                note(.inUse, content.step, sha256: [])
                continue
            }
            do { try install(content) } catch { fail(content.step, error) }
        }
        for step in plan.removals { do { try remove(step) } catch { fail(step, error) } }
        for step in plan.directories { do { try makeDirectory(step) } catch { fail(step, error) } }
        // Into which nothing came after all.
        for directory in made where !standsEmpty(directory) {
            do { try folder.access.removeDirectoryIfEmpty(directory) } catch { continue }
        }
        try folder.access.flush(directories: touched)
    }

    /// Gives new files, and the new directories above them, what git does not carry.
    /// - Returns: the directories that were made for it, the deepest first.
    private func takeOver(_ resembled: ResembledFiles, _ staged: [StagedContent]) -> [TreePath] {
        for content in staged where content.step.have == nil {
            guard let old = resembled.source(of: content.step.path, content.file.version.id) else {
                continue
            }
            folder.access.keepAttributes(of: old, on: content.file)
        }
        let directories = resembled.directories(of: staged.map(\.step))
        return directories.sorted { $0.key < $1.key }.compactMap { place, sources in
            folder.access.makeDirectory(place, like: sources.sorted()) ? place : nil
        }.reversed()
    }

    /// Puts a step off that failed. What concerns its path alone holds that path back, and the
    /// others go on; what no file can be waits for another version, not for a better moment.
    mutating func fail(_ step: ApplyStep, _ error: FolderError) {
        guard let reason = error.code.reason else {
            failure = failure ?? error
            return deferUpdate(step)
        }
        quarantines.append((step.path, reason))
        if reason.isOfTree && step.have == nil {
            changes.append(.clearDeferral(step.path))
        } else {
            deferUpdate(step)
        }
    }

    private mutating func install(_ content: StagedContent) throws(FolderError) {
        let step = content.step
        var isPlaced = false
        defer { if !isPlaced { folder.access.discard(content.file) } }
        let outcome = try folder.access.install(
            content.file, at: step.path,
            // A directory in which nothing stands gives way.
            replacing: step.have.flatMap { $0.version.isDirectory ? nil : $0.version })
        if case .done = outcome { isPlaced = true }
        note(outcome, step, sha256: content.sha256)
    }

    private mutating func remove(_ step: ApplyStep) throws(FolderError) {
        guard let have = step.have else {
            // The state store holds nothing there: whatever stands there now is a local edit.
            edited.append(step.path)
            return
        }
        var outcome = ApplyOutcome.done(nil)
        if !have.version.isDirectory {
            outcome = try folder.access.remove(step.path, expecting: have.version)
        } else if !standing.contains(step.path) {
            // What came into it stays, and is an addition.
            try folder.access.removeDirectoryIfEmpty(step.path)
        }
        note(outcome, step, sha256: [])
        guard case .done = outcome else { return }
        for directory in step.path.ancestors {
            if standing.contains(directory) || standsEmpty(directory) { break }
            // An empty directory that may not be removed is no reason to fail: the file is gone.
            do { try folder.access.removeDirectoryIfEmpty(directory) } catch { break }
        }
    }

    /// Whether an apply of before put a directory there in which nothing is to stand: what it had
    /// waited until now.
    private func standsEmpty(_ directory: TreePath) -> Bool {
        do {
            return try store.file(folder.id, directory)?.version.isDirectory ?? false
        } catch {
            // A directory more harms nobody; the failure is met again when the rows are written.
            return true
        }
    }

    private mutating func makeDirectory(_ step: ApplyStep) throws(FolderError) {
        if let have = step.have {
            let outcome = try folder.access.remove(step.path, expecting: have.version)
            guard case .done = outcome else { return note(outcome, step, sha256: []) }
        }
        let outcome = try folder.access.makeDirectory(step.path)
        note(outcome, step, sha256: SHA256Digest.of([]))
    }

    private mutating func changeMode(_ step: ApplyStep) throws(FolderError) {
        guard let have = step.have, let want = step.want else { return }
        let outcome = try folder.access.setMode(step.path, from: have.version, to: want.mode)
        note(outcome, step, sha256: have.sha256)
    }

    /// Notes that a step waits, upon the version that stands there.
    mutating func deferUpdate(_ step: ApplyStep) {
        report.waiting += 1
        changes.append(.deferUpdate(step.path, base: step.base ?? .zero))
    }

    private mutating func note(_ outcome: ApplyOutcome, _ step: ApplyStep, sha256: [UInt8]) {
        switch outcome {
        case .done(let stat):
            report.applied += 1
            touched.insert(step.path.parent)
            quarantines.append((step.path, nil))
            if let want = step.want, let stat {
                changes.append(
                    .put(
                        TrackedFile(
                            path: step.path, version: want, stat: stat,
                            checked: clock.nanoseconds(), sha256: sha256,
                            source: makers[folder.repositoryPath(step.path)])))
            } else {
                changes += [.remove(step.path), .clearDeferral(step.path)]
            }
        case .busy, .differs, .obstructed, .inUse:
            if outcome == .differs, step.isLeftOut,
                folder.access.hasNewContent(at: step.path, reading: repository)
            {
                quarantines.append((step.path, .leftOut))
                return deferUpdate(step)
            }
            // The content was looked at, and says more than a stat: the capture has to read it.
            if outcome == .differs, let have = step.have { changes.append(.put(have.unchecked)) }
            deferUpdate(step)
            if outcome == .differs { edited.append(step.path) }
            if outcome == .obstructed { quarantines.append((step.path, .obstructed)) }
            if outcome == .inUse { quarantines.append((step.path, .inUse)) }
        }
    }
}

extension TreePath {
    /// The database whose log or journal this would be, by its name alone.
    fileprivate var database: TreePath? {
        guard let name = DatabaseName.owner(of: name) else { return nil }
        return parent.map { $0.appending(name) } ?? TreePath(name)
    }
}
