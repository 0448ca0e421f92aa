package import SyncMerge
package import SyncModel

/// How a file differs between two states: an entry of `diff --json`.
package struct FileDifference: Sendable, Codable, Equatable {
    /// What became of the file.
    package enum Status: String, Sendable, Codable {
        case added, deleted, modified, renamed
    }

    /// What is compared.
    package enum Kind: String, Sendable, Codable {
        /// By lines.
        case text
        /// By records: memories, conversations, events.
        case records
        /// By size alone: no text.
        case binary
        /// By size alone: more than `Limits.documentSize` of text, or `Limits.memorySize` of
        /// whatever it is.
        case large
        /// Nothing but the mode or the name.
        case none
    }

    /// A stretch of lines.
    package struct Hunk: Sendable, Codable, Equatable {
        /// As in a unified diff: `@@ -oldStart,oldCount +newStart,newCount @@`.
        package let oldStart: Int
        /// Of the older text.
        package let oldCount: Int
        /// The first line in the newer text.
        package let newStart: Int
        /// Of the newer text.
        package let newCount: Int
        /// Each with ` `, `-` or `+` before it; `\` begins a remark, as in git.
        package let lines: [String]

        enum CodingKeys: String, CodingKey {
            case lines
            case oldStart = "old_start"
            case oldCount = "old_count"
            case newStart = "new_start"
            case newCount = "new_count"
        }
    }

    /// A record that came, went or changed.
    package struct Record: Sendable, Codable, Equatable {
        /// `added`, `deleted` or `modified`.
        package let status: Status
        /// What identifies it, or the beginning of its text.
        package let record: String
        /// What it says.
        package let text: String
        /// What it said before; nil where it was not there.
        @OrNull package private(set) var textBefore: String?
        /// Which of its fields changed; empty where it came or went.
        package let fields: [String]

        enum CodingKeys: String, CodingKey {
            case status, record, text, fields
            case textBefore = "text_before"
        }
    }

    /// In the repository.
    package let path: TreePath
    /// What it was called before; nil where that is the same.
    @OrNull package private(set) var oldPath: TreePath?
    /// What became of it.
    package let status: Status
    /// What is compared.
    package let kind: Kind
    /// By which rule the file merges: `document`, `memory`, …
    package let type: String
    /// The older content; nil for none.
    @OrNull package private(set) var before: ObjectID?
    /// The newer content; nil for none.
    @OrNull package private(set) var after: ObjectID?
    /// The older mode in octal, as git writes it; nil for none.
    @OrNull package private(set) var modeBefore: String?
    /// The newer mode.
    @OrNull package private(set) var modeAfter: String?
    /// Bytes.
    package let sizeBefore: Int
    /// Bytes.
    package let sizeAfter: Int
    /// Lines or records that came.
    package let insertions: Int
    /// Lines or records that went.
    package let deletions: Int
    /// Of a text, and of a file of records of which more changed than they say.
    package let hunks: [Hunk]
    /// Of a file of records.
    package let records: [Record]
    /// Whether more changed than the records say; without `hunks` it is too large for those.
    package let beyondRecords: Bool
    /// As `hunks`, with the bytes as they are; not in the JSON.
    private(set) var exact: [TextDifference.Hunk] = []

    enum CodingKeys: String, CodingKey {
        case path, status, kind, type, before, after, insertions, deletions, hunks, records
        case oldPath = "old_path"
        case beyondRecords = "beyond_records"
        case modeBefore = "mode_before"
        case modeAfter = "mode_after"
        case sizeBefore = "size_before"
        case sizeAfter = "size_after"
    }
}

extension FileDifference {
    /// Where the file differs, line by line; of a difference that came as JSON what is no UTF-8 is
    /// replaced.
    package var stretches: [TextDifference.Hunk] {
        exact.isEmpty ? hunks.map(\.stretch) : exact
    }
}

extension FileDifference.Hunk {
    fileprivate var stretch: TextDifference.Hunk {
        var lines: [TextDifference.Line] = []
        for (index, line) in self.lines.enumerated() {
            // By bytes: to Swift a mark and a combining character behind it are one.
            let bytes = Array(line.utf8)
            let first = String(decoding: bytes.prefix(1), as: UTF8.self)
            guard let mark = TextDifference.Mark(rawValue: first) else { continue }
            let isLast = self.lines.dropFirst(index + 1).first?.utf8.first == 0x5c
            lines.append(TextDifference.Line(mark: mark, bytes: bytes[1...], hasEnd: !isLast))
        }
        return TextDifference.Hunk(
            oldStart: oldStart, oldCount: oldCount, newStart: newStart, newCount: newCount,
            lines: lines)
    }
}
