import SyncEngine
import SyncModel

/// A vault's status for a person: one glance.
struct StatusText {
    let lines: [String]

    init(_ status: VaultStatus, _ configuration: Configuration?, _ output: Output) {
        func row(_ name: String, _ text: String) -> String {
            output.paint(name + String(repeating: " ", count: max(1, 9 - name.count)), .grey) + text
        }
        var lines = [Self.headline(status, output)]
        // What cannot be opened may have a head.
        let isUnread = status.head == nil && status.state == .blocked
        let none = isUnread ? "unknown" : "nothing is committed yet"
        lines.append(row("head", status.head?.short ?? none))
        if let remote = configuration?.remote {
            let head = status.remoteHead?.short ?? "unknown"
            let equal = status.remoteHead != nil && status.remoteHead == status.head
            lines.append(row("remote", "\(remote)  \(equal ? "the same" : head)"))
        } else if configuration != nil {
            lines.append(row("remote", "none: the history stays on this device"))
        }
        if let since = status.offlineSince {
            lines.append(row("offline", Self.offline(since, status)))
        }
        for folder in configuration?.folders ?? [] {
            lines.append(row("folder", "\(folder.path) = \(folder.prefix?.text ?? "/")"))
        }
        if status.daemon == "running" {
            var watch = "\(status.watch.directories) directories"
            if status.watch.mode == "partial" { watch += ", the rest is scanned" }
            if status.watch.mode == "scan" { watch = "none, each poll scans" }
            lines.append(row("watch", watch))
        }
        if status.ignored > 0 {
            let files = VaultStatus.count(status.ignored, "temporary file", "temporary files")
            lines.append(row("ignored", "\(files): syncctl held --ignored"))
        }
        lines.append(row("last", isUnread ? "unknown" : Self.last(status)))
        for word in status.unfinished {
            lines.append(row("note", output.paint(word, .yellow)))
        }
        if status.conflicts > 0 {
            let open = VaultStatus.count(status.conflicts, "conflict is open", "conflicts are open")
            lines.append(row("note", output.paint("\(open): syncctl conflicts", .yellow)))
        }
        self.lines = lines
    }

    private static func headline(_ status: VaultStatus, _ output: Output) -> String {
        let colour: Output.Colour =
            switch status.state {
            case .inSync: .green
            case .syncing, .pending, .paused, .conflicts, .offline: .yellow
            case .blocked: .red
            }
        let daemon =
            status.daemon == "running" ? "" : output.paint(" (the daemon is not running)", .yellow)
        return output.paint(status.state.rawValue, colour)
            + "  vault \(status.vault) on \(status.device)" + daemon
    }

    private static func offline(_ since: String, _ status: VaultStatus) -> String {
        let (commits, changes) = (status.pending.commitsToPush, status.pending.changes)
        return "since \(since), "
            + VaultStatus.count(commits, "commit", "commits") + " and "
            + VaultStatus.count(changes, "change", "changes") + " wait"
    }

    private static func last(_ status: VaultStatus) -> String {
        let pushed = status.lastSync.localToRemote ?? "never"
        let applied = status.lastSync.remoteToLocal ?? "never"
        return "pushed \(pushed), applied \(applied)"
    }
}
