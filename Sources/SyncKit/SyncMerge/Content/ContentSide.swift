/// A version of a file that one leaf commit made.
package struct ContentLeaf: Hashable, Sendable {
    /// The file's bytes; nil when the commit deleted it.
    package let content: [UInt8]?
    /// When and where the commit was made.
    package let stamp: VersionStamp

    /// Takes the bytes and the leaf commit's stamp.
    package init(content: [UInt8]?, stamp: VersionStamp) {
        self.content = content
        self.stamp = stamp
    }
}

/// One of the two versions that are merged.
package struct ContentSide: Sendable {
    /// The file's bytes; nil when the file is absent on this side.
    package let content: [UInt8]?
    /// The stamp of the newest leaf that went into the version.
    package let stamp: VersionStamp
    /// The open conflict that the version carries: what `.sync/conflicts/<id>.json` records.
    package let terms: ConflictTerms?
    /// Where the version is itself a merge: the versions of the leaf commits that went into it
    /// since the base. With them any order of merging N leaves gives the same records; without
    /// them the version counts as one leaf with `stamp`.
    package let leaves: [ContentLeaf]

    /// Takes the parts; a version that a leaf commit made needs neither terms nor leaves.
    package init(
        content: [UInt8]?, stamp: VersionStamp, terms: ConflictTerms? = nil,
        leaves: [ContentLeaf] = []
    ) {
        self.content = content
        self.stamp = stamp
        self.terms = terms
        self.leaves = leaves
    }
}
