internal import SyncModel
internal import SyncWatch

/// How well the folders of a vault are watched.
struct WatchReport {
    private let states: [WatchStatus]

    init(_ loop: WatchLoop, folders: Int) {
        states = (0..<folders).map { loop.status(folder: $0) }
    }

    /// The same for the status.
    var status: VaultStatus.Watch {
        var result = VaultStatus.Watch()
        result.mode = "inotify"
        result.limit = WatchLoop.limit ?? 0
        result.directories = states.reduce(0) { $0 + $1.directories }
        if states.contains(where: { $0.unwatched?.isEmpty != true }) { result.mode = "partial" }
        let blind = states.count { $0.isBlind }
        if blind > 0 { result.mode = blind == states.count ? "scan" : "partial" }
        return result
    }

    /// What to say when a folder is not watched for want of inotify; nil when none is.
    /// - Parameter poll: how often folders are scanned then.
    func blindness(poll: Duration) -> String? {
        guard let error = states.first(where: \.isBlind)?.error else { return nil }
        return "no inotify is left, folders are scanned every \(poll) until "
            + "there is some (\(error)): sysctl fs.inotify.max_user_instances=1024 "
            + "fs.inotify.max_user_watches=524288"
    }
}
