internal import SyncModel

/// What may happen in simulated histories.
package enum SimMix: String, Sendable {
    /// Edits, crashes, networks, rewritten remotes: what the seeds below 4,000,000 were run with.
    case former
    /// All of it.
    case all
    /// All of it, and documents are taken back, by device and undone, too.
    case reverting
    /// All of it but rewritten remotes, and every device takes out of its repository what it can.
    case thinning
    /// All of it but losses and rules that leave out, and documents that show no markers.
    case unmarked
    /// All of it, and rules leave out what comes from elsewhere or out of the past; no state store
    /// is lost.
    case hiding
    /// All of it, and every call to the remote takes its time, in which anything may happen.
    case interleaved
}

/// What one history has beside edits, crashes and networks: each of it in some, so that a history
/// stays short and what fails in it can be read.
struct SimTraits {
    /// Clocks stand still, or are set: many commits share one second.
    var turnsClocks = false
    /// Conflicts are resolved on request, and versions brought back.
    var chooses = false
    /// What was done to documents is taken back, and that is undone.
    var reverts = false
    /// Programs keep files open for many steps.
    var opens = false
    /// More names are a file here and a directory there.
    var changesKinds = false
    /// A `.gitignore` comes and changes.
    var ignores = false
    /// Directories are left out on one device, and the folder goes out of the configuration.
    var leavesOut = false
    /// Records and repositories are lost, and homes come back from a backup.
    var loses = false
    /// Somebody commits with another git client, at any date.
    var hasForeigner = false
    /// Somebody pushes what no program of ours writes.
    var hasEnemy = false
    /// Directories come, go and are emptied.
    var makesDirectories = false
    /// Devices keep as little of the past as they can.
    var thins = false
    /// More documents are files that show no markers, and to one lines are only added.
    var hasUnmarked = false
    /// Somebody writes where everybody's rules leave it out.
    var hides = false
    /// Calls to the remote take their time.
    var interleaves = false

    /// Whether the history is one of all that may happen.
    var isNew = false

    /// None of it.
    init() {}

    /// Draws.
    /// - Parameter isRewritten: whether the remote is: what is lost then is not asked of joins.
    init(_ random: inout SeededRandom, isRewritten: Bool) {
        isNew = true
        turnsClocks = random.oneIn(3)
        chooses = random.oneIn(2)
        opens = random.oneIn(3)
        changesKinds = random.oneIn(3)
        hasForeigner = random.oneIn(3)
        hasEnemy = random.oneIn(4)
        switch random.below(6) {
        case 0, 1: leavesOut = !isRewritten
        case 2: ignores = true
        case 3, 4: loses = !isRewritten
        default: break
        }
        makesDirectories = random.oneIn(3)
    }

    /// What a step may be.
    enum Step {
        case clock, choice, open, leaveOut, lose, commit, attack, directory, hide
    }

    /// What a step of this history may be.
    var steps: [Step] {
        var steps: [Step] = []
        if turnsClocks { steps.append(.clock) }
        if chooses { steps += [.choice, .choice] }
        if opens { steps += [.open, .open] }
        if leavesOut { steps += [.leaveOut, .leaveOut] }
        if loses { steps.append(.lose) }
        if hasForeigner { steps.append(.commit) }
        if hasEnemy { steps.append(.attack) }
        if makesDirectories { steps += [.directory, .directory] }
        if hides { steps += [.hide, .hide] }
        return steps
    }
}

extension SimWorld {
    /// Now and then something that the history has beside edits, crashes and networks.
    func stepMore() async throws {
        let steps = traits.steps
        if steps.isEmpty || !more.oneIn(3) { return }
        let device = devices[more.below(devices.count)]
        if device.folder.isGone || device.folder.isFull { return }
        switch steps[more.below(steps.count)] {
        case .clock: turnClock(device)
        case .choice: try await decide(device)
        case .open: openOrClose(device)
        case .leaveOut: try await leaveOutOrTakeIn(device)
        case .lose: try await loseOrBackUp(device)
        case .commit: try commitByOther()
        case .attack: try attack()
        case .directory: changeDirectories(device)
        case .hide: try await hide(device)
        }
    }

    private func turnClock(_ device: SimDevice) {
        if more.oneIn(2) { return device.clock.stopOrGo() }
        let seconds = [1, 60, 3_600, 86_400][more.below(4)]
        let span = Int64(more.below(1_000_000_000)) + Int64(seconds) * 1_000_000_000
        device.clock.turn(by: more.oneIn(2) ? span : -span)
        trace("\(device.name)'s clock is turned to \(device.clock.now())")
    }

    /// Names that are directories with nothing in them, or with something.
    private static let directories = [
        "documents/inbox", "documents/inbox/deep", "documents/notes", "documents/notes/sub",
        "documents/x", "settings",
    ].map(path)

    private func changeDirectories(_ device: SimDevice) {
        let folder = device.folder!
        let directory = Self.directories[more.below(Self.directories.count)]
        if device.leavesOut(directory) || device.isJoining { return }
        switch more.below(3) {
        case 0: folder.makeDirectory(byUser: directory)
        case 1: folder.removeDirectory(byUser: directory)
        default:
            for file in folder.files.keys where file.parent == directory {
                overwritten([file], on: device)
                folder.delete(file, leavesDirectory: true)
                tell(device, file)
            }
        }
        tell(device, directory)
        trace("\(device.name) changes the directory \(directory)")
    }

    private func openOrClose(_ device: SimDevice) {
        if !device.opened.isEmpty && more.oneIn(2) {
            trace("\(device.name) closes \(device.opened.sorted())")
            for path in device.opened.sorted() { tell(device, path) }
            device.opened = []
            return
        }
        let files = device.folder.files.keys.sorted()
        if files.isEmpty { return }
        device.opened.insert(files[more.below(files.count)])
        trace("\(device.name) has open \(device.opened.sorted())")
    }

    /// Paths that all devices write.
    var sharedPaths: [TreePath] {
        var paths = Self.shared
        if traits.changesKinds { paths += Self.ambiguous }
        if traits.ignores { paths.append(Self.rules) }
        if traits.hasUnmarked { paths += Self.unmarked }
        return paths
    }

    /// Names that are a file on one device and a directory on another.
    private static let ambiguous = [
        "documents/notes", "documents/notes/sub", "documents/todo.md/in.md",
        "documents/notes/b.md/sub/d.md",
    ].map(path)
}
