/// A conflict that waits for a person: an entry of `conflicts --json` and of `pending_conflicts`.
package struct OpenConflict: Sendable, Hashable, Codable {
    /// In what way the two sides stand against each other.
    package enum Kind: String, Sendable, Codable, CaseIterable {
        case content
        case deleteModify = "delete-modify"
        case addAdd = "add-add"
        case rename
        case typeChange = "type-change"
        case binary
        case caseClash = "case-clash"
    }

    /// The conflict's own name: that of `.sync/conflicts/<id>.json`.
    package let id: String
    /// The path in the repository.
    package let path: TreePath
    /// The file's type: `simple`, `document`, …
    package let type: String
    /// Decides which sides are nil.
    package let kind: Kind
    /// The rule that could not resolve it.
    package let rule: String
    /// The common ancestor's blob; nil when there is none.
    @OrNull package internal(set) var base: ObjectID?
    /// The blob of this side; nil when it deleted the file.
    @OrNull package internal(set) var ours: ObjectID?
    /// The blob of the other side; nil when it deleted the file.
    @OrNull package internal(set) var theirs: ObjectID?
    /// `Sync-Device` of the commit that made `ours`.
    package let oursDevice: String
    /// `Sync-Device` of the commit that made `theirs`.
    package let theirsDevice: String
    /// ISO 8601.
    package let detectedAt: String
    /// `open` for as long as it is listed.
    package let status: String

    enum CodingKeys: String, CodingKey {
        case id, path, type, kind, rule, base, ours, theirs, status
        case oursDevice = "ours_device"
        case theirsDevice = "theirs_device"
        case detectedAt = "detected_at"
    }

    package init(
        id: String, path: TreePath, type: String, kind: Kind, rule: String, base: ObjectID?,
        ours: ObjectID?, theirs: ObjectID?, oursDevice: String, theirsDevice: String,
        detectedAt: String, status: String = "open"
    ) {
        self.id = id
        self.path = path
        self.type = type
        self.kind = kind
        self.rule = rule
        self.base = base
        self.ours = ours
        self.theirs = theirs
        self.oursDevice = oursDevice
        self.theirsDevice = theirsDevice
        self.detectedAt = detectedAt
        self.status = status
    }
}
