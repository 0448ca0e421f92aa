internal import Logging
internal import SyncModel

/// What is done for a vault in the background, when nobody waits for it: the history's index and
/// packs that are few.
struct Upkeep {
    /// Keeps less of the past, where the configuration says so.
    let thinning: HistoryThinning
    private let repacker: Repacker
    private let filling: HistoryFilling
    private let repository: String

    init(_ configuration: Configuration, log: Logger) {
        thinning = HistoryThinning(configuration, log: log)
        repacker = Repacker(log: log)
        filling = HistoryFilling(configuration, log: log)
        repository = configuration.repository
    }

    /// Takes what came into the history's index where that is little: what a cycle without a daemon
    /// does, for somebody waits.
    func runBriefly() async { await filling.fillIfLittle() }

    /// Consolidates the vault's packs, takes in what came, and consolidates a path remote's packs:
    /// nobody else does after our pushes. Plans what of the past can go.
    /// - Parameter moves: how often the head moved, as `HistoryFilling.fill` counts it.
    func run(after moves: Int, of vault: Vault, _ remote: (any RemoteLink)?) async {
        // A process that ends often gets to the first of these alone, and packs cost every reader.
        await repacker.consolidate(repository)
        await filling.fill(after: moves)
        if let remote { await repacker.consolidate(remote) }
        await thinning.prepareIfDue(for: vault, at: .now)
    }
}
