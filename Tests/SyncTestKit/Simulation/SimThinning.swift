import SyncEngine
internal import SyncModel

extension SimWorld {
    /// A device takes out of its repository all that can go: of what can be thinned it keeps the
    /// last commit alone.
    func thin(_ device: SimDevice) throws {
        guard let vault = device.vault, let ground = try ThinningGround(of: vault) else { return }
        let plan = try ThinningPlan(
            keeping: Self.daysAhead, on: ground, reading: device.repository)
        if plan.objects.isEmpty { return }
        trace("\(device.name) thins \(plan.commits.count) commits")
        try device.repository.thin(plan.objects, behind: plan.boundary)
        thinnedObjects += plan.objects.count
    }

    /// Whether a step asked for something that the next exchange brings back.
    static func isThinned(_ error: any Error) -> Bool {
        (error as? RepositoryError)?.code == .thinned
    }

    /// However far a clock runs ahead, what it dates counts as old.
    private static let daysAhead = -1_000_000
}
