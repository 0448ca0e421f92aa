/// A version of a file that one capture commit made.
package struct CapturedContent: Hashable, Sendable {
    /// The file's bytes; nil when the commit deleted it.
    package let content: [UInt8]?
    /// When and where the commit was made.
    package let stamp: VersionStamp
    /// Whether who made it had resolved the conflict that the base carries: a file without markers
    /// may show the same as before.
    let resolves: Bool

    package init(content: [UInt8]?, stamp: VersionStamp, resolves: Bool = false) {
        self.content = content
        self.stamp = stamp
        self.resolves = resolves
    }
}

/// One of the two versions that are merged.
package struct ContentSide: Sendable {
    /// The file's bytes; nil when the file is absent on this side.
    package let content: [UInt8]?
    /// The stamp of the newest capture commit that went into the version.
    package let stamp: VersionStamp
    /// The open conflict that the version carries: what `.sync/conflicts/<id>.json` records.
    package let terms: ConflictTerms?
    /// Where the version is itself a merge: the versions of the capture commits that went into it
    /// since the base. With them any order of merging N captured versions gives the same records;
    /// without them the version counts as one capture commit with `stamp`.
    package let captures: [CapturedContent]

    /// Takes the parts; a version that a capture commit made needs neither terms nor captured
    /// versions.
    package init(
        content: [UInt8]?, stamp: VersionStamp, terms: ConflictTerms? = nil,
        captures: [CapturedContent] = []
    ) {
        self.content = content
        self.stamp = stamp
        self.terms = terms
        self.captures = captures
    }
}
