package import SyncModel

/// What a barrier came to: the answer to `POST /api/sync/flush`.
package struct Flushed: Sendable, Codable, Equatable {
    /// The commit that holds what was written before; nil while the vault holds nothing.
    package let head: ObjectID?
    /// Whether all of it could be captured.
    package let complete: Bool
    /// Whether the folders hold that commit: nothing of it waits to be applied.
    package let applied: Bool

    package init(head: ObjectID?, complete: Bool, applied: Bool) {
        (self.head, self.complete, self.applied) = (head, complete, applied)
    }
}

/// What no commit has as it stands: the answer to `GET /api/sync/uncommitted`.
package struct Uncommitted: Sendable, Codable, Equatable {
    /// A folder that could not be looked at: it is not there, or another directory is.
    package struct Unseen: Sendable, Codable, Equatable {
        /// Where its files stand in the repository; nil is all of it.
        @OrNull package var prefix: TreePath?
        /// Why, and what to do, in one line.
        package let problem: String
    }

    /// Of the repository: files that nobody captured yet, and what is held back.
    package internal(set) var paths: [TreePath] = []
    /// The folders of which nothing is known but what is held back.
    package internal(set) var folders: [Unseen] = []

    /// Whether a path is one of a folder that could not be looked at.
    package func isUnseen(_ path: TreePath) -> Bool {
        folders.contains { folder in folder.prefix.map(path.isAtOrBelow) ?? true }
    }
}

/// A path that is not synced, with what to do: an entry of `quarantined --json`.
package struct QuarantineAnswer: Sendable, Codable, Equatable {
    /// In the repository, with the prefix of its folder.
    package let path: TreePath
    /// The word of docs/reference/status.md.
    package let reason: QuarantinedPath.Reason
    /// What a hook says of it, in one line; nil for other reasons.
    @OrNull package var words: String?
    /// What a person can do, in one line.
    package let advice: String

    /// Adds the words for the reason.
    package init(_ quarantined: QuarantinedPath) {
        path = quarantined.path
        reason = quarantined.reason
        words = quarantined.words
        advice = quarantined.reason.advice
    }
}

/// Whether a daemon works: the answer to `GET /health`.
package struct HealthAnswer: Sendable, Codable, Equatable {
    /// Whether it works, in a word.
    package enum Word: String, Sendable, Codable { case ok, failing }

    /// `failing` while syncing is blocked or its last attempts failed.
    package let status: Word
    /// As in `syncctl status`, for whoever wants more than a word.
    package let state: VaultStatus.State
    /// Why it does not, or what a person should know; nil when all is well. Who has no login is
    /// told why it does not, in words without a path, a name or anything of the remote's.
    package let reason: String?
    /// Changes with every start and every reload.
    package let instance: String
    /// The configuration file it began with; nil for who has no login.
    package let configuration: String?

    /// What keeps the daemon from its work beside what the status says.
    package enum Fault: Sendable {
        /// The engine has not moved for so long.
        case hang(Duration)
        /// The state cannot be written: why.
        case state(String)

        var words: String {
            switch self {
            case .hang(let span): "the engine has not moved for \(span.components.seconds) s"
            case .state(let words): words
            }
        }
    }

    /// Judges by the status that was last published.
    /// - Parameters:
    ///   - trouble: nil for none.
    ///   - configuration: nil for who has no login.
    package init(
        _ picture: VaultStatus, trouble: Fault? = nil, instance: String, configuration: String?
    ) {
        let failsAgain =
            picture.syncHealth.consecutiveFailures >= Limits.failuresInARow
            && picture.state != .offline
        let fails =
            picture.state == .blocked || picture.syncHealth.status == "failing" || failsAgain
        status = fails || trouble != nil ? .failing : .ok
        state = picture.state
        if configuration != nil {
            reason = trouble?.words ?? picture.notices.first ?? picture.syncHealth.lastError
        } else if case .hang = trouble {
            reason = trouble?.words
        } else if trouble != nil {
            reason = "the state cannot be written"
        } else if fails {
            reason =
                picture.state == .blocked ? "syncing is blocked" : "the last tries to sync failed"
        } else {
            reason = nil
        }
        self.instance = instance
        self.configuration = configuration
    }
}

/// What a reload came to: the answer to `POST /api/sync/reload`.
package struct ReloadAnswer: Sendable, Codable, Equatable {
    /// What a reload came to, in a word.
    package enum Result: String, Sendable, Codable { case unchanged, restarting }

    /// `unchanged` when the file says what the daemon already does.
    package let result: Result

    package init(_ result: Result) { self.result = result }
}
