package import SyncModel

/// Values for tests of a record: any two of different numbers differ in every part.
package enum StateSamples {
    /// A path that the test knows to be one.
    package static func path(_ text: String) throws -> TreePath {
        guard let path = TreePath(text) else { throw BrokenLaw("\(text) is no path") }
        return path
    }

    /// An object's name made from a number.
    package static func id(_ number: Int) -> ObjectID {
        ObjectID(hashing: Array("\(number)".utf8), as: .blob)
    }

    /// A file at a path whose parts all follow from the number.
    package static func file(
        _ path: TreePath, _ number: Int, base: ObjectID? = nil
    ) -> TrackedFile {
        let modes: [(FileMode, FileKind)] = [
            (.regular, .file(executable: false)), (.executable, .file(executable: true)),
            (.symbolicLink, .symbolicLink), (.regular, .file(executable: true)),
            (.submodule, .special), (.regular, .directory),
        ]
        let (mode, kind) = modes[number % modes.count]
        let time = Int64(number) * 1_000_003 + 1_770_000_000_000_000_000
        return TrackedFile(
            path: path, version: FileVersion(mode: mode, id: id(number)),
            stat: FileStat(
                kind: kind, size: Int64(number) * 7, modified: time,
                changed: number % 3 == 0 ? time : time - Int64(number),
                inode: UInt64.max - UInt64(number), device: UInt64(number) << 33),
            checked: time + 5_000_000_000,
            sha256: (0..<32).map { UInt8(truncatingIfNeeded: $0 &* number) },
            source: number % 2 == 0 ? nil : "device-\(number % 5)", base: base)
    }

    /// The row of an empty directory, whose other parts follow from the number.
    package static func directory(_ path: TreePath, _ number: Int) -> TrackedFile {
        let file = file(path, number)
        return TrackedFile(
            path: path, version: .emptyDirectory, stat: file.stat, checked: file.checked,
            sha256: file.sha256, source: file.source)
    }

    /// A resolved conflict made from a number; every other one lost to a deletion.
    package static func resolved(_ number: Int) throws -> ResolvedConflict {
        ResolvedConflict(
            file: try path("shared/settings/\(number).json"), type: "simple",
            localTimestamp: "2026-02-08T17:45:\(number % 60)Z",
            remoteTimestamp: "2026-02-08T17:46:\(number % 60)Z",
            winner: number % 2 == 0 ? "local" : "remote",
            action: number % 2 == 0 ? "overwrite_remote" : "overwrite_local",
            loser: number % 2 == 0 ? nil : id(number), commit: id(number + 1))
    }
}
