package import SyncModel

/// How somebody resolves a conflict: the body of `POST /api/sync/conflicts/{id}/resolve`.
package struct ResolveRequest: Sendable, Codable, Equatable {
    /// What shall stand.
    package enum Choice: String, Sendable, WordInJSON {
        /// This device's side.
        case ours
        /// The other side.
        case theirs
        /// What stood there before either.
        case base
        /// Both, one after the other, or beside each other where a copy is kept.
        case both
        /// The content of the request.
        case content
    }

    /// What shall stand.
    package var choice: Choice
    /// The file's bytes for `content`, in base 64.
    package var content: String?
    /// The blobs of the sides that the caller saw, `ours` and `theirs`, null for a deletion;
    /// refused when they have moved. Nil is said, too, and takes them as they are by now.
    package var sides: [ObjectID?]?
    /// The blob that the caller saw at the conflict's path; refused when another stands there.
    /// Nil takes whatever stands there.
    package var ifMatch: ObjectID?
    /// The commit that the same command made before this one; an undo takes both back. Nil is none.
    package var continues: ObjectID?
    /// Only says what would change.
    package var dryRun: Bool

    enum CodingKeys: String, CodingKey {
        case choice, content, sides, continues
        case ifMatch = "if_match"
        case dryRun = "dry_run"
    }

    package init(
        _ choice: Choice, content: String? = nil, sides: [ObjectID?]? = nil,
        ifMatch: ObjectID? = nil, dryRun: Bool = false
    ) {
        self.choice = choice
        self.content = content
        self.sides = sides
        self.ifMatch = ifMatch
        self.dryRun = dryRun
    }

    package init(from decoder: any Decoder) throws {
        let keys = try decoder.container(keyedBy: CodingKeys.self)
        choice = try keys.decode(Choice.self, forKey: .choice)
        content = try keys.decodeIfPresent(String.self, forKey: .content)
        sides = try keys.decode([ObjectID?]?.self, forKey: .sides)
        ifMatch = try keys.decodeIfPresent(ObjectID.self, forKey: .ifMatch)
        continues = try keys.decodeIfPresent(ObjectID.self, forKey: .continues)
        dryRun = try keys.decodeIfPresent(Bool.self, forKey: .dryRun) ?? false
    }

    package func encode(to encoder: any Encoder) throws {
        var keys = encoder.container(keyedBy: CodingKeys.self)
        try keys.encode(choice, forKey: .choice)
        try keys.encodeIfPresent(content, forKey: .content)
        try keys.encode(sides, forKey: .sides)
        try keys.encodeIfPresent(ifMatch, forKey: .ifMatch)
        try keys.encodeIfPresent(continues, forKey: .continues)
        try keys.encode(dryRun, forKey: .dryRun)
    }
}

/// Versions to bring back: the body of `POST /api/sync/restore`.
package struct RestoreRequest: Sendable, Codable, Equatable {
    /// Files or directories of the repository, or patterns over its paths.
    package var paths: [TreePath]
    /// A commit, a time, or the id of one file's blob.
    package var to: String
    /// The identity of a record, or its beginning: only that of one file comes back.
    package var record: String?
    /// Only says what would change.
    package var dryRun: Bool

    enum CodingKeys: String, CodingKey {
        case paths, to, record
        case dryRun = "dry_run"
    }

    package init(
        _ paths: [TreePath], to: String, record: String? = nil, dryRun: Bool = false
    ) {
        self.paths = paths
        self.to = to
        self.record = record
        self.dryRun = dryRun
    }

    package init(from decoder: any Decoder) throws {
        let keys = try decoder.container(keyedBy: CodingKeys.self)
        paths = try keys.decode([TreePath].self, forKey: .paths)
        if paths.isEmpty {
            throw DecodingError.unreadable(
                "a list that names something", at: keys.codingPath + [CodingKeys.paths])
        }
        to = try keys.decode(String.self, forKey: .to)
        record = try keys.decodeIfPresent(String.self, forKey: .record)
        dryRun = try keys.decodeIfPresent(Bool.self, forKey: .dryRun) ?? false
    }
}

/// The type of all files that match a pattern: the body of `POST /api/sync/type`.
package struct TypeRequest: Sendable, Codable, Equatable {
    /// As in a `.gitattributes` file.
    package var pattern: String
    /// `simple`, `document`, `memory`, `conversation` or `event`.
    package var type: String

    package init(_ pattern: String, _ type: String) {
        self.pattern = pattern
        self.type = type
    }
}

/// What resolving, restoring or a new rule came to.
package struct ChangeReport: Sendable, Codable, Equatable {
    /// The new commit; nil when nothing had to change, or nothing was to.
    @OrNull package internal(set) var commit: ObjectID?
    /// The files that changed or would, in byte order, paths of the repository; with those that
    /// come back to a folder here whose deletion was held.
    package internal(set) var paths: [TreePath]
    /// Those of them that are deleted or would be.
    package let deletions: [TreePath]
    /// Those that a folder does not hold yet, and for what they wait. The daemon applies them as
    /// soon as it can.
    package internal(set) var waiting: [QuarantinedPath] = []
    /// Those of what was asked for that this device does not sync, in no folder of it or left out
    /// by `ignore`: they come to the others alone. Also what stood so already.
    package internal(set) var elsewhere: [TreePath] = []
    /// The conflicts that it opened or would: somebody had gone on from what was taken back.
    package internal(set) var conflicts: [OpenConflict] = []
    /// Edits that somebody made over what was taken back, and that stay.
    package internal(set) var kept: [KeptEdit] = []
    /// The commits that were taken back, the newest first.
    package internal(set) var undone: [ObjectID] = []

    /// Takes the parts; nothing waits.
    package init(commit: ObjectID?, paths: [TreePath], deletions: [TreePath] = []) {
        self.commit = commit
        self.paths = paths
        self.deletions = deletions
    }

    /// What changed between two trees.
    /// - Parameter commit: the new commit; nil where it is none yet.
    init(commit: ObjectID? = nil, _ changes: [TreeChange]) {
        let named = TreeChange.named(changes)
        // A file goes where an empty directory or a submodule comes, too.
        let gone = named.filter { change in
            change.after.map {
                ($0.isDirectory || $0.mode == .submodule) && change.before != nil
            } ?? true
        }
        self.init(
            commit: commit, paths: named.map(\.path).sorted(),
            deletions: gone.map(\.path).sorted())
    }

    /// Adds what waits, whether it was committed now or before.
    mutating func add(waiting: [QuarantinedPath]) {
        var listed = Set(self.waiting.map(\.path))
        self.waiting += waiting.filter { listed.insert($0.path).inserted }
    }
}

/// Why a change that somebody asked for is not made.
package struct ChangeRefusal: Error, Sendable, CustomStringConvertible {
    /// What kind of refusal.
    package enum Code: Sendable, Equatable {
        /// There is no such conflict, file or version.
        case missing
        /// The request cannot be meant.
        case wrong
        /// It was asked over a state that has changed since.
        case moved
        /// The hook holds back what it would write.
        case held
    }

    /// What a client can do about it hangs on this alone.
    package let code: Code
    /// One line for a person.
    package let description: String

    init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
