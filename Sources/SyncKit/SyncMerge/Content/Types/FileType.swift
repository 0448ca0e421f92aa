/// How a file's versions are merged: the types of docs/reference/repository-layout.md.
package enum FileType: String, Hashable, Sendable, CaseIterable, Codable {
    /// Last write wins, byte for byte.
    case simple
    /// Three-way text merge with conflict markers.
    case document
    /// JSON that some program reads: by key, and never markers.
    case data
    /// Union by record, field by field.
    case memory
    /// Memory ordered by (timestamp, sequence, id).
    case conversation
    /// Memory whose records never change.
    case event
}

/// A file's type and what else `.gitattributes` or the layout says about merging it.
package struct FileRule: Hashable, Sendable {
    /// The rule by which versions are merged.
    package var type: FileType
    /// Insertions of both sides at one place are joined (`sync-append`).
    package var isAppendOnly: Bool
    /// So are all lines in which both sides differ: nothing is a conflict. Of patterns that leave
    /// files out none may be out of force until somebody decides.
    package var joinsAll = false
    /// Conflicts are written into the file between markers; false (`sync-markers=off`) keeps
    /// the earlier side's text there and the conflict in its record alone.
    package var writesMarkers: Bool
    /// The device whose version wins whatever the time (`sync-authority`); simple files only.
    package var authority: String?
    /// The version of the rules (`MergeIdentity.version`).
    package var version = MergeIdentity.version
    /// Whether a line may be a paragraph, which then merges by its sentences.
    package var isProse = true
    /// Whether the name says that each of its lines is a JSON object; by rules before version
    /// 9 none does.
    package var isLines = false

    /// Takes the parts; without more than a type, the defaults.
    package init(
        _ type: FileType, isAppendOnly: Bool = false, writesMarkers: Bool = true,
        authority: String? = nil
    ) {
        self.type = type
        self.isAppendOnly = isAppendOnly
        self.writesMarkers = writesMarkers
        self.authority = authority
    }
}
