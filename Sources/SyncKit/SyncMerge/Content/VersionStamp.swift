package import SyncModel

/// When and where a version of a file was made: what decides when both sides changed one thing.
package struct VersionStamp: Hashable, Sendable {
    /// The hybrid logical clock of the capture commit, in milliseconds since 1970 UTC.
    package let milliseconds: Int64
    /// The device that made the version.
    package let device: String
    /// The capture commit that made the version.
    package let commit: ObjectID
    /// The version's content; nil for an absence.
    package let blob: ObjectID?

    package init(milliseconds: Int64, device: String, commit: ObjectID, blob: ObjectID?) {
        self.milliseconds = milliseconds
        self.device = device
        self.commit = commit
        self.blob = blob
    }
}

extension VersionStamp {
    /// The same time and place for a version whose blob the stamp may not name.
    func of(_ blob: ObjectID?) -> VersionStamp {
        VersionStamp(milliseconds: milliseconds, device: device, commit: commit, blob: blob)
    }
}

extension VersionStamp: Comparable {
    /// Orders by time, then the device's bytes, then the blob id (an absence before any).
    ///
    /// The commit does not count: two commits that made the same bytes are one version. It only
    /// breaks the last tie, so that the order is total.
    package static func < (left: VersionStamp, right: VersionStamp) -> Bool {
        if left.milliseconds != right.milliseconds {
            return left.milliseconds < right.milliseconds
        }
        if !left.device.utf8.elementsEqual(right.device.utf8) {
            return left.device.utf8.lexicographicallyPrecedes(right.device.utf8)
        }
        switch (left.blob, right.blob) {
        case (nil, .some): return true
        case (.some, nil): return false
        case (let first?, let second?) where first != second: return first < second
        default: return left.commit < right.commit
        }
    }
}
