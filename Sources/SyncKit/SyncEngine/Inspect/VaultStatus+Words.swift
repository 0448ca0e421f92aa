package import SyncModel

extension VaultStatus {
    /// Why the vault is not in sync, one sentence each, the most urgent first; each with the
    /// command that mends it where there is one. Empty when nothing is known to be in the way.
    package var unfinished: [String] {
        var words = notices
        if let error = syncHealth.lastError, !words.contains(where: { $0.hasPrefix(error) }) {
            words.append(error)
        }
        if state == .paused {
            let resume = daemon == "running" ? "" : "start the daemon (syncd run), then "
            words.append("paused: \(resume)syncctl resume")
        }
        if quarantined > 0 {
            let paths = Self.count(quarantined, "path is", "paths are")
            words.append("\(paths) held back: syncctl held")
        }
        if pending.changes > 0 {
            words.append("\(Self.count(pending.changes, "change waits", "changes wait"))")
        }
        if pending.commitsToPush > 0 {
            words.append(
                "\(Self.count(pending.commitsToPush, "commit waits", "commits wait")) to be pushed")
        }
        return words
    }

    /// A number with the word that goes with it.
    package static func count(_ number: Int, _ one: String, _ many: String) -> String {
        "\(number) \(number == 1 ? one : many)"
    }
}
