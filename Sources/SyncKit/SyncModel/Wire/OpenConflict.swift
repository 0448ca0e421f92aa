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
    package let base: ObjectID?
    /// The blob of this side; nil when it deleted the file.
    package let ours: ObjectID?
    /// The blob of the other side; nil when it deleted the file.
    package let theirs: ObjectID?
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

    /// Takes the parts.
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

    /// Writes every key; a blob that is not there is null.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encode(path, forKey: .path)
        try container.encode(type, forKey: .type)
        try container.encode(kind, forKey: .kind)
        try container.encode(rule, forKey: .rule)
        try container.encode(base, forKey: .base)
        try container.encode(ours, forKey: .ours)
        try container.encode(theirs, forKey: .theirs)
        try container.encode(oursDevice, forKey: .oursDevice)
        try container.encode(theirsDevice, forKey: .theirsDevice)
        try container.encode(detectedAt, forKey: .detectedAt)
        try container.encode(status, forKey: .status)
    }
}
