package import SyncModel

/// What `state.json` shows: a picture for people and scripts, never read back as truth.
package struct StateFile: Sendable {
    /// When each direction last ended well.
    package var lastSync = VaultStatus.LastSync()
    /// The most recently changed files, the newest first, with paths of the repository; those
    /// past `Limits.stateFiles` are left out and counted.
    package var files: [TrackedFile] = []
    /// How many files the vault's folders hold in all.
    package var fileCount = 0
    /// All of them: each waits for a person.
    package var pendingConflicts: [OpenConflict] = []
    /// The newest first; those past `Limits.resolvedConflicts` are left out.
    package var resolvedConflicts: [ResolvedConflict] = []
    /// The last failure, and how many came in a row.
    package var syncHealth = VaultStatus.Health()

    /// The version of the format.
    package static let version = "1.0.0"

    /// A vault of which nothing is known yet.
    package init() {}

    /// Renders the file: UTF-8, all keys in a fixed order, one line for each file and conflict,
    /// so that equal pictures are equal bytes. A byte of a name that is not UTF-8 becomes U+FFFD
    /// and its two hexadecimal digits.
    package func rendered() -> [UInt8] {
        let shown = files.prefix(Limits.stateFiles)
        var json = JSONBytes()
        json.reserve(1024 + 256 * shown.count + 512 * resolvedConflicts.count)
        json.raw("{\n  \"version\": ")
        json.string(Self.version)
        json.raw(",\n  \"last_sync\": {\"local_to_remote\": ")
        json.string(lastSync.localToRemote)
        json.raw(", \"remote_to_local\": ")
        json.string(lastSync.remoteToLocal)
        json.raw("},\n  \"files\": {")
        Self.lines(shown, in: &json) { file, json in Self.file(file, in: &json) }
        json.raw("}")
        let omitted = max(fileCount, files.count) - shown.count
        if omitted > 0 {
            json.raw(",\n  \"files_omitted\": ")
            json.number(Int64(omitted))
        }
        json.raw(",\n  \"pending_conflicts\": [")
        Self.lines(pendingConflicts, in: &json) { conflict, json in
            Self.pending(conflict, in: &json)
        }
        json.raw("],\n  \"resolved_conflicts\": [")
        Self.lines(resolvedConflicts.prefix(Limits.resolvedConflicts), in: &json) {
            Self.resolved($0, in: &$1)
        }
        json.raw("],\n  \"sync_health\": {\"status\": ")
        json.string(syncHealth.status)
        json.raw(", \"last_error\": ")
        json.string(syncHealth.lastError)
        json.raw(", \"consecutive_failures\": ")
        json.number(Int64(syncHealth.consecutiveFailures))
        json.raw("}\n}\n")
        return json.bytes
    }

    /// Writes the members of an object or array, a line each.
    private static func lines<Member>(
        _ members: some Collection<Member>, in json: inout JSONBytes,
        _ write: (Member, inout JSONBytes) -> Void
    ) {
        var first = true
        for member in members {
            json.raw(first ? "\n    " : ",\n    ")
            first = false
            write(member, &json)
        }
        if !first { json.raw("\n  ") }
    }

    private static func file(_ file: TrackedFile, in json: inout JSONBytes) {
        json.string(file.path.bytes)
        json.raw(": {\"hash\": \"sha256:")
        json.hex(file.sha256)
        json.raw("\", \"size\": ")
        json.number(file.stat.size)
        json.raw(", \"last_modified\": ")
        json.time(nanoseconds: file.stat.modified)
        json.raw(", \"source\": ")
        json.string(file.source ?? "local")
        json.raw("}")
    }

    private static func pending(_ conflict: OpenConflict, in json: inout JSONBytes) {
        json.raw("{\"id\": ")
        json.string(conflict.id)
        json.raw(", \"path\": ")
        json.string(conflict.path.bytes)
        json.raw(", \"type\": ")
        json.string(conflict.type)
        json.raw(", \"kind\": ")
        json.string(conflict.kind.rawValue)
        json.raw(", \"rule\": ")
        json.string(conflict.rule)
        json.raw(", \"base\": ")
        json.id(conflict.base)
        json.raw(", \"ours\": ")
        json.id(conflict.ours)
        json.raw(", \"theirs\": ")
        json.id(conflict.theirs)
        json.raw(", \"ours_device\": ")
        json.string(conflict.oursDevice)
        json.raw(", \"theirs_device\": ")
        json.string(conflict.theirsDevice)
        json.raw(", \"detected_at\": ")
        json.string(conflict.detectedAt)
        json.raw(", \"status\": ")
        json.string(conflict.status)
        json.raw("}")
    }

    private static func resolved(_ conflict: ResolvedConflict, in json: inout JSONBytes) {
        json.raw("{\"file\": ")
        json.string(conflict.file.bytes)
        json.raw(", \"type\": ")
        json.string(conflict.type)
        json.raw(", \"local_timestamp\": ")
        json.string(conflict.localTimestamp)
        json.raw(", \"remote_timestamp\": ")
        json.string(conflict.remoteTimestamp)
        json.raw(", \"winner\": ")
        json.string(conflict.winner)
        json.raw(", \"action\": ")
        json.string(conflict.action)
        json.raw(", \"loser\": ")
        json.id(conflict.loser)
        json.raw(", \"commit\": ")
        json.id(conflict.commit)
        json.raw("}")
    }
}
