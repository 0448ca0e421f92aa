package import SyncModel

/// What became of a remote that no longer has what this device saw there: somebody rewrote,
/// emptied or replaced it, and somebody has to choose.
package struct RemoteChange: Sendable, Codable, Equatable {
    /// In which way it changed.
    package enum Kind: String, Sendable, Codable {
        /// The branch stands at an ancestor of what was seen: a backup, or a reset.
        case takenBack = "taken-back"
        /// The histories part at some commit.
        case rewritten
        /// There is no branch any more.
        case emptied
        /// The histories share nothing: another repository.
        case replaced
    }

    /// In which way it changed.
    package let kind: Kind
    /// What this device last saw there.
    package let old: ObjectID
    /// What is there now; nil for nothing.
    @OrNull package internal(set) var new: ObjectID?
    /// When this device first saw the change, ISO 8601.
    package let since: String
    /// Of another branch, which the configuration named when the old head was seen; nil for the
    /// same. Nobody rewrote the remote then.
    @OrNull package private(set) var branches: Branches? = nil
    /// Whether the configuration names another remote than the one that had the old head. Nobody
    /// replaced anything then.
    package private(set) var isOtherRemote = false

    enum CodingKeys: String, CodingKey {
        case kind, old, new, since, branches
        case isOtherRemote = "other_remote"
    }

    /// A branch in place of another.
    package struct Branches: Sendable, Codable, Equatable {
        /// What the configuration named.
        package let before: String
        /// What it names.
        package let now: String
    }

    /// What happened, in words.
    package var words: String {
        if let branches { return words(branches) }
        if isOtherRemote {
            return "the configuration names another remote, which shares nothing with this vault: "
                + "it has \(new?.short ?? "nothing"), and the one before had \(old.short) (seen "
                + "\(since)). If it is another vault's, name the one before again; or choose"
        }
        let what =
            switch (kind, new) {
            case (.takenBack, let new?):
                "the remote went back to \(new.short) and lacks what it had since, up to"
            case (.rewritten, let new?):
                "the remote's history was rewritten: it has \(new.short) and no longer"
            case (.replaced, let new?):
                "the remote is another repository: it has \(new.short) and shares nothing with"
            default: "the remote's branch is gone, which had"
            }
        return "\(what) \(old.short) (seen \(since))"
    }

    private func words(_ branches: Branches) -> String {
        let (before, now) = (branches.before, branches.now)
        let here = "\(before) was at \(old.short)"
        let what =
            switch (kind, new) {
            case (.takenBack, let new?): "\(now) there is at \(new.short), and \(here), further on"
            case (.rewritten, let new?): "\(now) there is at \(new.short), and has not all: \(here)"
            case (.replaced, let new?):
                "\(now) there is at \(new.short), and shares nothing with it: \(here)"
            default: "there is no \(now) at the remote; \(here)"
            }
        return "the branch in the configuration is \(now) and was \(before): \(what) (seen "
            + "\(since)). Name \(before) again, or choose"
    }

    /// What each choice does, in words.
    package static let advice =
        "nothing here was changed, and captures go on; syncctl remote restore puts this vault's "
        + "history back there, syncctl remote accept takes what is there now, and --dry-run says "
        + "what either would change"

    /// The form in which the state store remembers it.
    var text: String {
        "\(kind.rawValue) \(old.hex) \(new?.hex ?? "none") \(since)"
            + (branches.map { " \($0.before) \($0.now)" } ?? (isOtherRemote ? " other-remote" : ""))
    }

    init(
        _ kind: Kind, old: ObjectID, new: ObjectID?, since: String, branches: Branches? = nil,
        isOtherRemote: Bool = false
    ) {
        self.kind = kind
        self.old = old
        self.new = new
        self.since = since
        self.branches = branches
        self.isOtherRemote = isOtherRemote
    }

    /// Reads what `text` gave; nil for anything else.
    init?(_ text: String) {
        let words = text.split(separator: " ")
        guard (4...6).contains(words.count), let kind = Kind(rawValue: String(words[0])),
            let old = ObjectID(hex: words[1])
        else { return nil }
        let branches =
            words.count == 6 ? Branches(before: String(words[4]), now: String(words[5])) : nil
        self.init(
            kind, old: old, new: ObjectID(hex: words[2]), since: String(words[3]),
            branches: branches, isOtherRemote: words.count == 5)
    }
}

/// Which of the two histories stands: the body of `POST /api/sync/remote`.
package struct RemoteRequest: Sendable, Codable, Equatable {
    /// What shall stand.
    package enum Choice: String, Sendable, WordInJSON {
        /// The remote's new history, with what only this device has over it.
        case accept
        /// This vault's history.
        case restore
    }

    /// What shall stand.
    package var choice: Choice
    /// Only says what would change.
    package var dryRun: Bool

    enum CodingKeys: String, CodingKey {
        case choice
        case dryRun = "dry_run"
    }

    package init(_ choice: Choice, dryRun: Bool = false) {
        self.choice = choice
        self.dryRun = dryRun
    }

    package init(from decoder: any Decoder) throws {
        let keys = try decoder.container(keyedBy: CodingKeys.self)
        choice = try keys.decode(Choice.self, forKey: .choice)
        dryRun = try keys.decodeIfPresent(Bool.self, forKey: .dryRun) ?? false
    }
}

/// Where the remote stands beside this vault: the answer to `GET /api/sync/remote`.
package struct RemoteStanding: Sendable, Codable, Equatable {
    /// As configured; nil for none.
    @OrNull package internal(set) var remote: String?
    /// The local head.
    @OrNull package internal(set) var head: ObjectID?
    /// The remote's head now.
    @OrNull package internal(set) var remoteHead: ObjectID?
    /// What somebody has to choose about; nil while the remote goes forward only.
    @OrNull package internal(set) var change: RemoteChange?
    /// Heads that were left behind and are kept, as references of the local repository.
    package let kept: [String]
    /// A head of the remote's that rests or is passed over; nil for none.
    @OrNull package internal(set) var keptOut: KeptOut?

    enum CodingKeys: String, CodingKey {
        case remote, head, change, kept
        case keptOut = "kept_out"
        case remoteHead = "remote_head"
    }
}

/// A head of the remote's that is not taken in.
package struct KeptOut: Sendable, Codable, Equatable {
    /// The commit.
    package let commit: ObjectID
    /// How often in a row syncd ended while it took something in.
    package let deaths: Int
    /// Whether somebody asked to pass over it.
    package let isSkipped: Bool
    /// When it is tried again, ISO 8601; nil for one that is passed over.
    @OrNull package private(set) var nextTry: String? = nil

    enum CodingKeys: String, CodingKey {
        case commit, deaths
        case isSkipped = "skipped"
        case nextTry = "next_try"
    }
}

/// What is to be passed over: the body of `POST /api/sync/remote/skip`.
package struct SkipRequest: Sendable, Codable, Equatable {
    /// The commit's name or its beginning.
    package let commit: String

    package init(commit: String) { self.commit = commit }
}

/// What was passed over: the answer to `POST /api/sync/remote/skip`.
package struct SkippedCommit: Sendable, Codable, Equatable {
    /// The commit.
    package let commit: ObjectID

    package init(commit: ObjectID) { self.commit = commit }
}
