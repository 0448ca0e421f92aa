internal import SyncMerge
internal import SyncModel

/// What somebody can ask for that `undo` takes back: the trailer `Sync-Action` of its commit.
enum ChangeAction: String {
    case restore, rollback, resolve, undo

    /// The trailer's name.
    static let trailer = "Sync-Action"
    /// Names the commit that an undo takes back.
    static let undoes = "Sync-Undoes"
    /// Names the commit before that the same command made: an undo takes both back.
    static let continues = "Sync-Continues"

    /// What a commit says that it is; nil for one that nobody asked for, and for a copy that
    /// another program made of one.
    init?(of commit: Commit) {
        guard CommitStamps.capturer(of: commit) != nil,
            let action = commit.trailer(Self.trailer).flatMap(Self.init)
        else { return nil }
        self = action
    }
}

/// What a change that somebody asked for says of itself in its commit.
struct ChangeWords {
    let subject: String
    /// What it did, a line each.
    var lines: [String] = []
    /// Nil for what `undo` does not take back.
    var action: ChangeAction?
    /// Of an undo, what it took back; the newest, where that is several.
    var undoes: ObjectID?
    /// The commit that the same command made before; nil for none.
    var continues: ObjectID?
    /// The program that asked for it; nil where none is named.
    var agent: String?
    /// Of a history that begins anew, what it went on from; nil for all else.
    var follows: ObjectID?

    /// The trailer that names what a history went on from.
    static let follows = "Sync-Follows"

    init(
        _ subject: String, lines: [String] = [], action: ChangeAction? = nil,
        undoes: ObjectID? = nil, continues: ObjectID? = nil, agent: String? = nil,
        follows: ObjectID? = nil
    ) {
        // A path may hold a line's end, which would begin a trailer of its own.
        self.subject = Self.line(subject)
        self.lines = lines.map(Self.line)
        (self.action, self.undoes, self.continues) = (action, undoes, continues)
        (self.agent, self.follows) = (agent, follows)
    }

    private static func line(_ text: String) -> String {
        text.contains(where: \.isNewline) ? SafeText.escaped(text) : text
    }

    /// The trailers behind those of every commit.
    var trailers: String {
        var text = agent.map { "Sync-Agent: \($0)\n" } ?? ""
        text += action.map { "\(ChangeAction.trailer): \($0.rawValue)\n" } ?? ""
        if let undoes { text += "\(ChangeAction.undoes): \(undoes.hex)\n" }
        if let continues { text += "\(ChangeAction.continues): \(continues.hex)\n" }
        if let follows { text += "\(Self.follows): \(follows.hex)\n" }
        return text
    }
}
