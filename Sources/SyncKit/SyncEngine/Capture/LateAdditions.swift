internal import SyncModel

/// Contents that came to some folder a moment ago. What is moved from one folder to another comes
/// and goes in two looks: a deletion of it is none.
struct LateAdditions {
    /// The contents of each capture, and when it was, in milliseconds; the newest last.
    private var captures: [(ids: Set<ObjectID>, at: Int64)] = []

    /// Notes what came.
    /// - Parameter now: by the wall clock: one that is set forgets too early, and then asks.
    mutating func note(_ ids: Set<ObjectID>, at now: Timestamp) {
        captures.removeAll {
            !(0..<Limits.movedBetweenFoldersMilliseconds).contains(now.milliseconds - $0.at)
        }
        if !ids.isEmpty { captures.append((ids, now.milliseconds)) }
    }

    /// All that came.
    var ids: Set<ObjectID> { captures.reduce(into: []) { $0.formUnion($1.ids) } }
}
