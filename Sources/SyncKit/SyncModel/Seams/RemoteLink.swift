/// What the remote showed at one moment; all named objects are in the local repository by then,
/// but for a head that was not to be brought and for blobs that are too large.
package struct RemoteSnapshot: Sendable, Equatable {
    /// The remote's head of the synced branch; nil when it has none yet.
    package let head: ObjectID?
    /// How far each device has applied, by device name, as published.
    package let devices: [String: ObjectID]

    package init(head: ObjectID?, devices: [String: ObjectID]) {
        (self.head, self.devices) = (head, devices)
    }
}

/// How a push ended.
package enum PushOutcome: Sendable, Equatable {
    case accepted
    /// Somebody pushed in between: fetch and go round again.
    case moved
    /// The remote said no; its words.
    case declined(String)
}

/// The way to the remote. Has a repository handle of its own, so that a slow network never holds
/// up capture.
package protocol RemoteLink: Sendable {
    /// Asks for the remote's references and brings what is missing here.
    /// - Parameter mayBring: asked before anything is brought. A device whose commit may not be
    ///   brought is left out; a head that may not be is named all the same.
    /// - Throws: `RemoteError`; the local repository is then as before, or has objects that
    ///   nothing refers to.
    func fetch(_ mayBring: IntakeGate) async throws(RemoteError) -> RemoteSnapshot

    /// Moves the remote's branch from `expected` to `head` if it still stands there and that is
    /// a fast-forward, and publishes how far this device has applied.
    func push(_ head: ObjectID, expecting expected: ObjectID?, applied: ObjectID?)
        async throws(RemoteError) -> PushOutcome

    /// Brings the remote's whole history once more, with all that it leads to, though most of it is
    /// here.
    /// - Throws: `RemoteError`; the local repository is then as before, or has objects more.
    func bringBack() async throws(RemoteError)

    /// Asks whether the remote has some objects; nothing is brought.
    /// - Throws: `RemoteError`, also where it lacks one of them, or cannot say.
    func confirm(_ objects: [ObjectID]) async throws(RemoteError)

    /// Takes away what a device said there of how far it has applied.
    /// - Returns: false when it said nothing.
    /// - Throws: `RemoteError`; nothing has changed then, or the answer was lost.
    func forget(_ device: String) async throws(RemoteError) -> Bool

    /// Local directories in which something changes when somebody pushes; those that are there.
    var watchPaths: [String] { get }

    /// The remote repository's own directory when it stands on a path and is there.
    var directory: String? { get }

    /// Whether it is behind a network: asked from time to time, pushed to within a budget.
    var isFar: Bool { get }

    /// Trusts no connection any more that was made before the network changed.
    func networkChanged() async

    /// Ends the call that is under way, for the network is gone that it stands on: it fails as
    /// unreachable. Does nothing when none is.
    func interrupt()
}

extension RemoteLink {
    /// Brings whatever is missing.
    package func fetch() async throws(RemoteError) -> RemoteSnapshot {
        try await fetch { missing, _ in missing }
    }

    /// None: a remote behind a network is asked from time to time.
    package var watchPaths: [String] { [] }

    /// None: nobody but the remote itself takes care of its packs.
    package var directory: String? { nil }

    /// Near: whatever happens brings an exchange at once.
    package var isFar: Bool { false }

    /// Nothing: there is no connection.
    package func networkChanged() async {}

    /// Nothing: a call on a path waits for no network.
    package func interrupt() {}
}

/// A failure on the way to the remote.
package struct RemoteError: Error, Sendable, CustomStringConvertible {
    /// What kind of failure.
    package enum Code: Sendable, Equatable {
        /// Nobody answers, or not in time.
        case unreachable
        case missing
        /// No login, a wrong or expired one, or one that may not do this.
        case authentication
        /// The other side could not show that it is who it should be.
        case untrusted
        /// Too many requests: `retryAfter` says when to come again.
        case limited
        /// What was to be sent or taken is more than the remote or this program allows.
        case tooLarge
        /// It is there and can never be synced with as it is: another kind of repository, or a
        /// branch in the way.
        case unusable
        /// The process died of it before.
        case fatal
        case corrupt, noSpace, readOnly, io
    }

    /// Callers branch on this code.
    package let code: Code
    /// A verb phrase for the message: `fetch`, `push`, `open the remote`.
    package let operation: String
    /// One line, never a secret.
    package let cause: String
    /// What the user can do about it, a command where there is one.
    package let hint: String?
    /// How long the remote wants to be left alone; nil when it did not say.
    package let retryAfter: Duration?
    /// What failed of this device's own repository; nil where it was not that.
    package let own: RepositoryError?

    /// Takes the code, the operation in words, the cause, a hint, the remote's patience, and the
    /// failure of this device's own repository where it was that.
    package init(
        _ code: Code, _ operation: String, _ cause: String, hint: String? = nil,
        retryAfter: Duration? = nil, own: RepositoryError? = nil
    ) {
        self.own = own
        self.retryAfter = retryAfter
        self.code = code
        self.operation = operation
        self.cause = cause
        self.hint = hint
    }

    /// What to do where the remote does not have all of the history.
    package static let howToGiveBack =
        "give it its history back, from a device that keeps all or from a backup"

    package var description: String { "\(operation): \(cause)" }
}
