/// The one-glance picture of a vault: `status --json`, `GET /status`.
package struct VaultStatus: Sendable, Codable, Equatable {
    /// Where the vault stands.
    package enum State: String, Sendable, Codable {
        case inSync = "in-sync"
        case syncing, pending, offline, conflicts, paused, blocked
    }

    /// What waits.
    package struct Pending: Sendable, Codable, Equatable {
        /// Paths named by the watch and not captured, postponed by apply, or held deletions.
        package var changes = 0
        /// Commits the remote's head does not reach, counted up to 10,000.
        package var commitsToPush = 0
        /// Age of the oldest such commit in seconds; nil when there is none.
        @OrNull package var oldestUnsyncedSeconds: Int? = nil

        enum CodingKeys: String, CodingKey {
            case changes
            case commitsToPush = "commits_to_push"
            case oldestUnsyncedSeconds = "oldest_unsynced_seconds"
        }

        /// Nothing waits.
        package init() {}
    }

    /// When each direction last ended well, ISO 8601.
    package struct LastSync: Sendable, Codable, Equatable {
        /// When a push last moved the remote's head; nil for never.
        @OrNull package var localToRemote: String? = nil
        /// When an exchange last moved the local head; nil for never.
        @OrNull package var remoteToLocal: String? = nil

        enum CodingKeys: String, CodingKey {
            case localToRemote = "local_to_remote"
            case remoteToLocal = "remote_to_local"
        }

        /// Never.
        package init() {}
    }

    /// How changes are noticed.
    package struct Watch: Sendable, Codable, Equatable {
        /// `inotify`, `partial` (the limit was reached: the rest is scanned), `scan` (there is no
        /// inotify instance: each poll scans) or `none`.
        package var mode = "none"
        /// Directories watched in all folders.
        package var directories = 0
        /// `fs.inotify.max_user_watches`, of all this user's programs; 0 when unknown.
        package var limit = 0

        /// Nothing is watched.
        package init() {}
    }

    /// Whether syncing works.
    package struct Health: Sendable, Codable, Equatable {
        /// `healthy`, `degraded` or `failing`.
        package var status = "healthy"
        /// One line; nil while all is well.
        @OrNull package var lastError: String? = nil
        /// Failures since something last ended well.
        package var consecutiveFailures = 0

        enum CodingKeys: String, CodingKey {
            case status
            case lastError = "last_error"
            case consecutiveFailures = "consecutive_failures"
        }

        /// All is well.
        package init() {}
    }

    /// The vault's name in the configuration.
    package var vault: String
    /// This device's name in the configuration.
    package var device: String
    /// `running` or `stopped`.
    package var daemon = "stopped"
    /// One word, the most urgent that holds.
    package var state = State.pending
    /// The local branch; nil before the first commit.
    @OrNull package var head: ObjectID? = nil
    /// The remote's branch when it was last seen; nil when it has none or was never seen.
    @OrNull package var remoteHead: ObjectID? = nil
    /// When the remote was first found out of reach, of the times since it was last in reach,
    /// ISO 8601; nil while it is.
    @OrNull package var offlineSince: String? = nil
    /// What this device has not brought everywhere.
    package var pending = Pending()
    /// Open conflicts that wait for a person.
    package var conflicts = 0
    /// How many paths are held back.
    package var quarantined = 0
    /// How many files built-in patterns leave out for their names.
    package var ignored = 0
    /// When changes last went out and came in.
    package var lastSync = LastSync()
    /// How changes of the folders are noticed.
    package var watch = Watch()
    /// Whether the last attempts succeeded.
    package var syncHealth = Health()
    /// What a person should know, the most urgent first: why it is blocked, what waits.
    package var notices: [String] = []

    enum CodingKeys: String, CodingKey {
        case vault, device, daemon, state, head, pending, conflicts, quarantined, ignored
        case watch, notices
        case remoteHead = "remote_head"
        case lastSync = "last_sync"
        case syncHealth = "sync_health"
        case offlineSince = "offline_since"
    }

    /// A vault of which nothing is known yet.
    package init(vault: String, device: String) {
        self.vault = vault
        self.device = device
    }
}
