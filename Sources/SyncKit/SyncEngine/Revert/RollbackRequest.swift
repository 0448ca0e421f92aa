internal import FoundationEssentials
package import SyncModel

/// How far to take the vault back: the body of `POST /api/sync/rollback`.
package struct RollbackRequest: Sendable, Codable, Equatable {
    /// A commit or a time.
    package var to: String
    /// Paths of the repository, or patterns over them; empty is everything, as JSON the absence.
    package var paths: [String]
    /// Takes back only what this device did since then.
    package var device: String?
    /// Takes back only what this agent did since then.
    package var agent: String?
    /// Only says what would change.
    package var dryRun: Bool

    enum CodingKeys: String, CodingKey {
        case to, paths, path, device, agent
        case dryRun = "dry_run"
    }

    package init(
        to: String, paths: [String] = [], device: String? = nil, agent: String? = nil,
        dryRun: Bool = false
    ) {
        (self.to, self.paths) = (to, paths)
        (self.device, self.agent, self.dryRun) = (device, agent, dryRun)
    }

    package init(from decoder: any Decoder) throws {
        let keys = try decoder.container(keyedBy: CodingKeys.self)
        to = try keys.decode(String.self, forKey: .to)
        let many = try keys.decodeIfPresent([String].self, forKey: .paths)
        let one = try keys.decodeIfPresent(String.self, forKey: .path)
        if many != nil && one != nil {
            throw DecodingError.unreadable(
                "left out where there is path", at: keys.codingPath + [CodingKeys.paths])
        }
        paths = (many ?? []) + (one.map { [$0] } ?? [])
        if many != nil && paths.isEmpty {
            // Who leaves no path of a list does not mean everything.
            throw DecodingError.unreadable(
                "a list that names something", at: keys.codingPath + [CodingKeys.paths])
        }
        device = try keys.decodeIfPresent(String.self, forKey: .device)
        agent = try keys.decodeIfPresent(String.self, forKey: .agent)
        dryRun = try keys.decodeIfPresent(Bool.self, forKey: .dryRun) ?? false
    }

    package func encode(to encoder: any Encoder) throws {
        var keys = encoder.container(keyedBy: CodingKeys.self)
        try keys.encode(to, forKey: .to)
        if !paths.isEmpty { try keys.encode(paths, forKey: .paths) }
        try keys.encodeIfPresent(device, forKey: .device)
        try keys.encodeIfPresent(agent, forKey: .agent)
        try keys.encode(dryRun, forKey: .dryRun)
    }
}

/// What to take back: the body of `POST /api/sync/undo`.
package struct UndoRequest: Sendable, Codable, Equatable {
    /// A commit that is no merge; nil is the last restore, rollback, resolve,
    /// accept or undo.
    package var commit: String?
    /// Only says what would change.
    package var dryRun: Bool

    enum CodingKeys: String, CodingKey {
        case commit
        case dryRun = "dry_run"
    }

    package init(_ commit: String? = nil, dryRun: Bool = false) {
        (self.commit, self.dryRun) = (commit, dryRun)
    }

    package init(from decoder: any Decoder) throws {
        let keys = try decoder.container(keyedBy: CodingKeys.self)
        commit = try keys.decodeIfPresent(String.self, forKey: .commit)
        dryRun = try keys.decodeIfPresent(Bool.self, forKey: .dryRun) ?? false
    }
}
