internal import SyncGit
internal import SyncHTTP
package import SyncModel
internal import Synchronization

/// A remote behind a network, by HTTPS or through the `ssh` program. Has a repository handle of
/// its own and a thread of its own to wait in.
package actor NetworkRemote: RemoteLink {
    /// What a remote needs besides its URL.
    package struct Options: Sendable {
        /// The longest time without a byte in either direction: at least a second.
        package var patience = Limits.stallWait
        /// For how long what a server said that it can, or cannot, is believed; then it is asked
        /// again.
        package var memory = Limits.serverMemory
        /// Where a token comes from.
        package var auth = Configuration.Auth()
        /// The process's environment: proxies, certificates, programs and tokens are named in it.
        package var environment: [String: String]

        /// The defaults.
        package init(environment: [String: String]) { self.environment = environment }
    }

    private let executor = QueueExecutor(label: "syncd.remote")
    private let local: String
    private let url: RemoteURL
    private let branch: String
    private let device: String
    private let options: Options
    private let work: WorkCount
    private let unpublished: @Sendable (RepositoryError?) -> Void
    private let willPush: @Sendable () -> Void
    private var opened: (repository: GitRepository, identity: FileIdentity?)?
    private var wire: (any GitWire)?
    private var memory = NetworkTransfer.Memory()
    /// What is under way, to be ended from another thread; and whether it was.
    private nonisolated let underWay = Mutex<(cancellation: Cancellation?, isLost: Bool)>(
        (nil, false))

    /// Takes where things are; nothing is opened before the first call.
    /// - Parameters:
    ///   - local: the path of the vault's repository.
    ///   - url: where the other repository is.
    ///   - branch: the synced branch's short name.
    ///   - device: this device's name.
    ///   - work: where what is sent and received is counted.
    ///   - unpublished: told why the remote does not show how far this device has applied; nil
    ///     once it does.
    ///   - willPush: told before each request that pushes, on the remote's own queue.
    package init(
        local: String, url: RemoteURL, branch: String, device: String, options: Options,
        work: WorkCount = WorkCount(),
        unpublished: @escaping @Sendable (RepositoryError?) -> Void = { _ in },
        willPush: @escaping @Sendable () -> Void = {}
    ) {
        (self.local, self.url, self.branch, self.device) = (local, url, branch, device)
        self.options = options
        self.work = work
        self.unpublished = unpublished
        self.willPush = willPush
    }

    /// The queue that the actor blocks.
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    /// Asks for the remote's references and brings what is missing here. Ends at once when the
    /// task is cancelled.
    package func fetch(_ mayBring: IntakeGate) async throws(RemoteError) -> RemoteSnapshot {
        try await run("fetch") { transfer, memory throws(RemoteError) in
            try transfer.fetch(&memory, mayBring)
        }
    }

    /// Moves the remote's branch forward. Ends at once when the task is cancelled.
    package func push(_ head: ObjectID, expecting expected: ObjectID?, applied: ObjectID?)
        async throws(RemoteError) -> PushOutcome
    {
        try await run("push") { transfer, memory throws(RemoteError) in
            try transfer.push(head, expecting: expected, applied: applied, &memory)
        }
    }

    /// Brings the remote's whole history once more. Ends at once when the task is cancelled.
    package func bringBack() async throws(RemoteError) {
        try await run("fetch") { transfer, memory throws(RemoteError) in
            try transfer.bringBack()
        }
    }

    /// Asks whether the remote has some objects. Ends at once when the task is cancelled.
    package func confirm(_ objects: [ObjectID]) async throws(RemoteError) {
        try await run("look for objects") { transfer, memory throws(RemoteError) in
            try transfer.confirm(objects)
        }
    }

    /// Takes away what a device said there. Ends at once when the task is cancelled.
    package func forget(_ device: String) async throws(RemoteError) -> Bool {
        try await run("forget \(device)") { transfer, memory throws(RemoteError) in
            try transfer.forget(device, &memory)
        }
    }

    /// Asks where the remote's branch stands. Brings nothing here, changes nothing there, and
    /// reads nothing of this device's repository.
    /// - Parameters:
    ///   - deadline: for all of it.
    ///   - isWriting: asks besides whether this login may push, as far as the remote tells that
    ///     before a push.
    /// - Returns: nil when the remote has no such branch yet.
    package func probe(within deadline: Duration, isWriting: Bool = false)
        async throws(RemoteError) -> ObjectID?
    {
        let cancellation = Cancellation()
        let watch = Task {
            // A deadline: it ends an answer that does not come.
            let clock = ContinuousClock()
            do { try await clock.sleep(for: deadline) } catch { return }
            cancellation.cancel()
        }
        defer { watch.cancel() }
        do {
            return try connected().head(of: branch, isWriting: isWriting, cancellation)
        } catch {
            if !cancellation.isCancelled { throw error }
            throw RemoteError(.unreachable, error.operation, "no answer within \(deadline)")
        }
    }

    package nonisolated var isFar: Bool { true }

    package func networkChanged() { wire?.dropConnections() }

    package nonisolated func interrupt() {
        underWay.withLock { state in
            state.isLost = state.cancellation != nil
            state.cancellation?.cancel()
        }
    }

    private func run<Outcome>(
        _ operation: String,
        _ work: (NetworkTransfer, inout NetworkTransfer.Memory) throws(RemoteError) -> Outcome
    ) async throws(RemoteError) -> Outcome {
        let cancellation = Cancellation()
        underWay.withLock { $0 = (cancellation, false) }
        let result = await withTaskCancellationHandler {
            Result { () throws(RemoteError) in
                let transfer = NetworkTransfer(
                    local: try repository(operation), wire: try connected(), branch: branch,
                    device: device, work: self.work, cancellation: cancellation,
                    refusalMemory: options.memory, unpublished: unpublished, willPush: willPush)
                return try work(transfer, &memory)
            }
        } onCancel: {
            cancellation.cancel()
        }
        let isLost = underWay.withLock { state in
            defer { state = (nil, false) }
            return state.isLost
        }
        do { return try result.get() } catch {
            guard isLost else { throw error }
            wire?.dropConnections()
            throw RemoteError(.unreachable, operation, "the network went away meanwhile")
        }
    }

    /// The vault's repository; opened again when another directory stands at its path.
    private func repository(_ operation: String) throws(RemoteError) -> GitRepository {
        let identity = FileIdentity(local)
        do {
            if let opened, opened.identity == identity {
                try opened.repository.refresh()
                return opened.repository
            }
            opened = nil
            let repository = try GitRepository(opening: local)
            opened = (repository, identity)
            memory = NetworkTransfer.Memory()
            return repository
        } catch { throw RemoteError(own: error, operation) }
    }

    private func connected() throws(RemoteError) -> any GitWire {
        if let wire { return wire }
        let made = try url.wire(options)
        wire = made
        return made
    }
}

extension RemoteURL {
    /// The way to talk to this remote.
    fileprivate func wire(_ options: NetworkRemote.Options) throws(RemoteError) -> any GitWire {
        switch self {
        case .https(let base, let user):
            let environment = options.environment
            var client = HTTPClient.Options(environment)
            client.stall = options.patience
            client.connect = min(client.connect, options.patience)
            let credentials = Credentials(
                SecretSources.list(options.auth, base: base, user: user, environment, client))
            return try SmartHTTP(base: base, credentials, client, memory: options.memory)
        case .ssh(let host, let port, let path):
            var environment = options.environment
            // A token is for HTTPS alone.
            if let name = options.auth.tokenEnvironment { environment[name] = nil }
            return SecureShell(
                host: host, port: port, path: path, patience: options.patience,
                environment: environment)
        }
    }
}
