package import SyncModel

/// What a client asks of one cycle: the body of `POST /api/sync/cycle`. A key that is missing is
/// false, but for `scan`.
package struct CycleRequest: Sendable, Codable, Equatable {
    /// Looks at every file instead of what the watch named.
    package var scan = true
    /// Lets deletions through that were held for being many at once.
    package var acceptDeletes = false
    /// Puts those deletions' files back from the head instead.
    package var restoreDeleted = false
    /// Takes the directories that stand at the roots now, whatever stood there before.
    package var acceptFolders = false

    enum CodingKeys: String, CodingKey {
        case scan
        case acceptDeletes = "accept_deletes"
        case restoreDeleted = "restore_deleted"
        case acceptFolders = "accept_folders"
    }

    /// A cycle over everything.
    package init() {}

    package init(from decoder: any Decoder) throws {
        let keys = try decoder.container(keyedBy: CodingKeys.self)
        scan = try keys.decodeIfPresent(Bool.self, forKey: .scan) ?? true
        acceptDeletes = try keys.decodeIfPresent(Bool.self, forKey: .acceptDeletes) ?? false
        restoreDeleted = try keys.decodeIfPresent(Bool.self, forKey: .restoreDeleted) ?? false
        acceptFolders = try keys.decodeIfPresent(Bool.self, forKey: .acceptFolders) ?? false
    }

    /// The same as the vault's service takes it.
    package var request: VaultService.Request {
        var request = VaultService.Request()
        request.scan = scan
        request.acceptDeletes = acceptDeletes
        request.restoreDeleted = restoreDeleted
        request.acceptFolders = acceptFolders
        return request
    }
}

/// How a cycle ended and where the vault stands since: the answer to `POST /api/sync/cycle`.
package struct CycleReport: Sendable, Codable, Equatable {
    /// How a cycle ended, in one word.
    package enum Outcome: String, Sendable, Codable {
        case inSync = "in-sync"
        /// Something waits; the status says what.
        case pending
        /// The remote refused the push.
        case declined
        /// The remote was rewritten: somebody has to choose.
        case stopped
        /// It did not come to an end; the status says why.
        case failed
        /// The same, since the remote refuses the login or none was found.
        case refused
    }

    /// How this cycle ended, whatever came before it.
    package let outcome: Outcome
    /// The picture after the cycle, with what still waits.
    package let status: VaultStatus

    /// Takes the service's word and the picture after it.
    /// - Parameter isRefused: whether the remote refuses the login.
    package init(_ outcome: ExchangeOutcome?, _ status: VaultStatus, isRefused: Bool = false) {
        self.outcome =
            switch outcome {
            case .inSync: .inSync
            case .pending, .outpaced: .pending
            case .declined: .declined
            case .stopped: .stopped
            case nil: isRefused ? .refused : .failed
            }
        self.status = status
    }
}
