internal import Logging
internal import SyncGit
internal import SyncModel

/// Makes few packs of many in the background, with handles and a thread of its own: every commit
/// makes a pack, and each pack makes reading a little slower.
actor Repacker {
    private let executor = QueueExecutor(label: "syncd.consolidate")
    private let log: Logger
    private var words = LastingWords()

    init(log: Logger) { self.log = log }

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    /// The same for a remote on a path. Where that is, is looked at here: a share that does not
    /// answer keeps nothing else waiting.
    func consolidate(_ remote: any RemoteLink) {
        if let directory = remote.directory { consolidate(directory, isForeign: true) }
    }

    /// Consolidates a bare repository when it has more small packs than `Limits.packs`. A
    /// failure leaves all objects where they were and is said in the log.
    /// - Parameter isForeign: whether others write it too, as a remote on a path.
    func consolidate(_ path: String, isForeign: Bool = false) {
        do {
            let replaced = try BackgroundWork.of {
                isForeign
                    ? try ForeignRepository(opening: path).consolidatePacks()
                    : try GitRepository(opening: path).consolidatePacks()
            }
            if replaced > 0 { log.debug("made one pack of \(replaced) in \(path)") }
            words.say(nil, of: .packs(path), at: .warning, in: log)
        } catch {
            words.say(
                "packs are not consolidated: \(error)", of: .packs(path), at: .warning, in: log)
        }
    }
}
