internal import SyncModel

/// Who asks, and what they may do.
struct Caller: Sendable, Equatable {
    /// How they showed who they are.
    enum Identity: Sendable, Equatable {
        /// Nobody knows.
        case nobody
        /// The vault's own user, over the control socket.
        case owner
        /// A token, by its name.
        case token(String)
        /// A browser that came by a one-time link.
        case session
    }

    let identity: Identity
    /// What they may do; nil is what anybody may.
    let scope: AccessScope?
    /// Where the request came from: an address, or `socket`.
    let address: String

    /// For the audit log.
    var name: String {
        switch identity {
        case .nobody: "nobody"
        case .owner: "owner"
        case .token(let name): "token:\(name)"
        case .session: "session"
        }
    }
}
