package import SyncModel

/// A failure as the service acts on it: what kind, what to say, what to do.
package struct SyncFailure: Sendable, Equatable {
    /// What can be done about a failure.
    package enum Kind: Sendable, Equatable {
        /// Passes by itself: the network, a busy disk.
        case retry
        /// Only a person can mend it.
        case needsUser
    }

    /// Decides between trying again and waiting for a person.
    package let kind: Kind
    /// Whether the remote cannot be reached or used.
    package let isRemote: Bool
    /// Whether the remote refuses the login, or none was found.
    package private(set) var isRefused = false
    /// How long the remote wants to be left alone; nil when it did not say.
    private(set) var retryAfter: Duration?
    /// One line: what failed and why.
    package let message: String
    /// What to do; a command where there is one.
    package let hint: String?

    package init(_ kind: Kind, _ message: String, hint: String? = nil, isRemote: Bool = false) {
        self.kind = kind
        self.message = message
        self.hint = hint
        self.isRemote = isRemote
    }

    /// Classifies any failure of a cycle.
    package init(_ error: any Error) {
        switch error {
        case let error as RemoteError: self.init(error)
        case let error as RepositoryError: self.init(error)
        case let error as StateStoreError: self.init(error)
        case let error as FolderError: self.init(error)
        case let error as NewerRules:
            self.init(
                .needsUser, "\(error)",
                hint: "install the version that the others have; where nobody has one, take that "
                    + "commit out of the branch with git, push what is left, and choose it on "
                    + "each device: syncctl remote accept")
        case let error as RefusedCommit:
            self.init(.needsUser, "\(error)", hint: error.advice)
        case let error as SigningError:
            self.init(.retry, "signatures cannot be checked: \(error)", hint: "syncctl doctor")
        default: self.init(.retry, "\(error)")
        }
    }

    /// The same, with the repository's path where it is that which failed.
    package init(_ error: any Error, repository: String) {
        let failure = SyncFailure(error)
        let isOwn = error is RepositoryError || (error as? RemoteError)?.own != nil
        guard isOwn, !failure.message.contains(repository) else {
            self = failure
            return
        }
        self.init(
            failure.kind, "repository \(repository): \(failure.message)",
            hint: failure.hint?.replacing("REPOSITORY", with: repository))
    }

    private init(_ error: RemoteError) {
        if let own = error.own {
            let failure = SyncFailure(own as any Error)
            self.init(failure.kind, error.description, hint: failure.hint)
            return
        }
        // A path that is missing comes back when its disk is mounted.
        let passes = [.unreachable, .missing, .io, .limited].contains(error.code)
        self.init(
            passes ? .retry : .needsUser, error.description, hint: error.hint,
            isRemote: Self.isOutOfReach(error))
        isRefused = error.code == .authentication
        retryAfter = error.retryAfter
    }

    /// Whether nothing comes from the remote either. One that refuses a push was just read.
    private static func isOutOfReach(_ error: RemoteError) -> Bool {
        switch error.code {
        case .unreachable, .missing, .untrusted, .limited: true
        case .authentication, .io: error.operation != "push"
        case .tooLarge, .noSpace, .readOnly, .corrupt, .unusable, .fatal: false
        }
    }

    private init(_ error: RepositoryError) {
        switch error.code {
        case .noSpace:
            self.init(.retry, "\(error)", hint: "free space on the repository's file system")
        case .readOnly:
            self.init(.needsUser, "\(error)", hint: "make the repository writable")
        case .absent:
            self.init(
                .needsUser, "\(error)",
                hint: "bring it back, or mount its disk; syncctl sync fetches it anew from the "
                    + "remote, where there is one: the folders are not touched")
        case .corrupt, .missing, .notARepository:
            self.init(
                .needsUser, "\(error)",
                hint: "git -C REPOSITORY fsck; where a remote has the history, move it away and "
                    + "run syncctl sync, else bring it back from a backup: the folders are not "
                    + "touched")
        case .tooLarge, .leftOut:
            self.init(.needsUser, "\(error)", hint: "take it out of the branch with git")
        case .thinned:
            self.init(.retry, "\(error)", hint: "syncctl gc --bring-back fetches it")
        case .moved, .locked, .io: self.init(.retry, "\(error)")
        }
    }

    private init(_ error: StateStoreError) {
        switch error.code {
        case .noSpace:
            self.init(.retry, "\(error)", hint: "free space on the state directory's file system")
        case .readOnly: self.init(.needsUser, "\(error)", hint: "make the state directory writable")
        case .locked: self.init(.needsUser, "\(error.cause)", hint: "syncctl status")
        case .corrupt, .io: self.init(.retry, "\(error)")
        }
    }

    /// - Parameter error: a failure that concerns a whole folder.
    package init(_ error: FolderError) {
        let hint: String? =
            switch error.code {
            case .rootMissing: "bring the folder back (mount it); nothing of it counts as deleted"
            case .rootReplaced:
                "if it is the right one: syncctl sync --accept-folders takes it as it is"
            case .prefixTaken:
                "rename that file on a device that has it, or give the folder another prefix"
            case .noSpace: "free space on the folder's file system"
            case .readOnly, .readOnlyFileSystem: "make the folder writable for the daemon's user"
            case .unreadable: "make the folder readable for the daemon's user"
            default: nil
            }
        let passes = error.code == .noSpace || error.code == .tooManyOpenFiles
        self.init(passes ? .retry : .needsUser, "\(error)", hint: hint)
    }

    /// The message and the hint in one line.
    package var text: String { hint.map { "\(message): \($0)" } ?? message }
}
