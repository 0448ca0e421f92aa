internal import Logging
internal import SyncGit
internal import SyncModel

/// Makes few packs of many in the background, with handles and a thread of its own: every commit
/// makes a pack, and each pack makes reading a little slower.
actor Consolidator {
    private let executor = QueueExecutor(label: "syncd.consolidate")
    private let log: Logger

    init(log: Logger) { self.log = log }

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    /// Consolidates a bare repository when it has more small packs than `Limits.packs`. A
    /// failure leaves all objects where they were and is said in the log.
    func consolidate(_ path: String) {
        do {
            let replaced = try GitRepository(opening: path).consolidatePacks()
            if replaced > 0 { log.debug("made one pack of \(replaced) in \(path)") }
        } catch {
            log.warning("packs are not consolidated: \(error)")
        }
    }
}
