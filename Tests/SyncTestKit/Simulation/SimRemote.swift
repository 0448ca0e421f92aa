package import SyncModel

/// A way to a remote in memory that can be cut, before or after the remote did its part.
package final class SimRemote: RemoteLink {
    private let push_:
        @Sendable (ObjectID, ObjectID?, ObjectID?) async throws(RemoteError) -> PushOutcome
    private let bringBack_: @Sendable () async throws(RemoteError) -> Void
    private let fetch_: @Sendable (IntakeGate) async throws(RemoteError) -> RemoteSnapshot

    /// Takes the directions as closures over the world.
    package init(
        fetch: @escaping @Sendable (IntakeGate) async throws(RemoteError) -> RemoteSnapshot,
        push:
            @escaping @Sendable (ObjectID, ObjectID?, ObjectID?) async throws(RemoteError) ->
            PushOutcome,
        bringBack: @escaping @Sendable () async throws(RemoteError) -> Void = {
            () throws(RemoteError) in
        }
    ) {
        bringBack_ = bringBack
        fetch_ = fetch
        push_ = push
    }

    package func fetch(_ mayBring: IntakeGate) async throws(RemoteError) -> RemoteSnapshot {
        try await fetch_(mayBring)
    }

    package func push(_ head: ObjectID, expecting expected: ObjectID?, applied: ObjectID?)
        async throws(RemoteError) -> PushOutcome
    {
        try await push_(head, expected, applied)
    }

    package func bringBack() async throws(RemoteError) {
        try await bringBack_()
    }

    /// Nothing is thinned by this way: the simulation takes the plan itself.
    package func confirm(_ objects: [ObjectID]) async throws(RemoteError) {
        throw RemoteError(.unreachable, "look for objects", "nobody is asked here")
    }

    /// Nobody forgets a device in a simulation.
    package func forget(_ device: String) async throws(RemoteError) -> Bool {
        throw RemoteError(.unreachable, "forget \(device)", "nobody is forgotten here")
    }
}
