import SyncModel
import SyncTestKit
import Testing

@testable import SyncEngine

/// What a look at a folder makes of stats alone, before anything is read.
@Suite("The examination of a folder")
struct ExaminationTests {
    private static let now: Int64 = 1_795_000_000_123_456_789
    private static let second: Int64 = 1_795_000_000_000_000_000
    private static let granularity = Examination.granularity

    /// A folder in memory, and a state store that knows what stands in it.
    private struct Place {
        let access: SimFolder
        let folder: VaultFolder
        let store = InMemoryStateStore()

        init(_ exclude: [String] = []) {
            access = SimFolder(
                clock: SimClock(), before: { _ in }, isBusy: { _ in false },
                lateWrite: { _, _ in nil }, destroys: { _, _ in })
            folder = VaultFolder(id: nil, access: access, exclude: exclude)
        }

        func write(_ name: String, mode: FileMode = .regular) throws {
            let path = try StateSamples.path(name)
            access.write(path, Array(name.utf8), mode: mode, inPlace: true)
            access.setTimes(of: path, modified: now, changed: now)
        }

        /// Notes what stands there as read so long after its last change.
        func note(_ name: String, checked: Int64 = now + granularity + 1) throws {
            let path = try StateSamples.path(name)
            let file = try #require(access.files[path])
            try store.advance(
                nil,
                [
                    .put(
                        TrackedFile(
                            path: path, version: file.version, stat: file.stat, checked: checked,
                            sha256: []))
                ], applied: nil)
        }

        /// What is held back, and why.
        func held(_ dirty: [String]? = nil) throws -> [TreePath: QuarantinedPath.Reason] {
            var paths = DirtyPaths()
            paths.all = dirty == nil
            paths.paths = Set(try (dirty ?? []).map { try StateSamples.path($0) })
            let found = try Examination.examine(paths, of: folder, store: store, tracked: [])
            return Dictionary(
                found.quarantines.compactMap { held in held.reason.map { (held.path, $0) } },
                uniquingKeysWith: { $1 })
        }

        /// What is to be read, then what is gone.
        func look(_ dirty: [String]? = nil) throws -> ([String], [String]) {
            var paths = DirtyPaths()
            if let dirty {
                paths.paths = Set(try dirty.map { try StateSamples.path($0) })
            } else {
                paths = .everything
            }
            let found = try Examination.examine(paths, of: folder, store: store, tracked: [])
            return (
                found.toRead.map(\.path.text).sorted(), found.deleted.map(\.path.text).sorted()
            )
        }
    }

    @Test("a directory that is too deep for other devices is held alone")
    func tooDeep() throws {
        let place = Place()
        let deepest = [String](repeating: "d", count: Limits.pathDepth - 1).joined(separator: "/")
        for name in ["a", deepest + "/f", deepest + "/d/f"] { try place.write(name) }
        for paths in [nil, ["a", deepest + "/f", deepest + "/d/f"], [deepest + "/d", "a", "d"]] {
            #expect(try place.look(paths).0 == ["a", deepest + "/f"])
            let held = try place.held(paths)
            #expect(held.keys.map(\.text) == [deepest + "/d"] || paths?.last == deepest + "/d/f")
            #expect(held.values.allSatisfy { $0 == .tooDeep })
        }
    }

    @Test(
        "reads a file again whose times are too close to its last look, or after it",
        arguments: [
            (now, now, now + granularity + 1, false), (now, now, now + granularity, true),
            (now, now, now, true), (now, now, now - 1, true),
            // The later of the two times counts: one can be set, the other cannot.
            (0, now, now + granularity + 1, false), (0, now, now + granularity, true),
            (now, 0, now + granularity, true),
            // Times that nobody can reach, or before all time.
            (.max, now, now + granularity + 1, true), (.max, .max, .max, true),
            (now, .max, .max, true), (.min, now, now + granularity + 1, false),
            (.min, .min, now, false), (0, 0, .max, false),
            // A file system that counts in seconds, or in two.
            (second, second, second + granularity + 1, true),
            (second, second, second + 2_020_000_000, true),
            (second, second, second + 2_020_000_001, false),
            (second, second + 1, second + granularity + 2, false),
        ] as [(Int64, Int64, Int64, Bool)])
    func granular(modified: Int64, changed: Int64, checked: Int64, isRead: Bool) throws {
        let place = Place()
        try place.write("a")
        place.access.setTimes(
            of: try StateSamples.path("a"), modified: modified, changed: changed)
        try place.note("a", checked: checked)
        #expect(try place.look().0 == (isRead ? ["a"] : []))
        #expect(try place.look(["a"]).0 == (isRead ? ["a"] : []))
    }

    /// One part of a stat at a time, each of which says that it may be another content.
    @Test("reads a file of which anything in the stat is another", arguments: 0..<6)
    func differs(part: Int) throws {
        let place = Place()
        try place.write("a")
        let path = try StateSamples.path("a")
        let file = try #require(place.access.files[path])
        let stat = file.stat
        func other(_ number: Int) -> Int64 { part == number ? 1 : 0 }
        let noted = FileStat(
            kind: part == 0 ? .file(executable: true) : stat.kind, size: stat.size + other(1),
            modified: stat.modified - other(2), changed: stat.changed - other(3),
            inode: stat.inode + UInt64(other(4)), device: stat.device + UInt64(other(5)))
        try place.store.advance(
            nil,
            [
                .put(
                    TrackedFile(
                        path: path, version: file.version, stat: noted,
                        checked: Self.now + 1_000_000_000, sha256: []))
            ], applied: nil)
        #expect(try place.look().0 == ["a"])
    }

    @Test("finds what came, changed and went, whether it is told where or looks everywhere")
    func changes() throws {
        for dirty in [nil, ["same", "changed", "new", "gone", "d/gone", "d"]] {
            let place = Place()
            for name in ["same", "changed", "gone", "d/gone", "d/same"] {
                try place.write(name)
                try place.note(name)
            }
            place.access.setTimes(
                of: try StateSamples.path("changed"), modified: Self.now, changed: Self.now + 1)
            try place.write("new")
            place.access.delete(try StateSamples.path("gone"))
            place.access.delete(try StateSamples.path("d/gone"))
            let (toRead, gone) = try place.look(dirty)
            #expect(toRead == ["changed", "new"] && gone == ["d/gone", "gone"])
        }
    }

    @Test("looks at nothing but what it was told of, and all below it")
    func told() throws {
        let place = Place()
        for name in ["a", "d/b", "d/e/c", "de"] { try place.write(name) }
        #expect(try place.look(["a"]).0 == ["a"])
        #expect(try place.look(["d"]).0 == ["d/b", "d/e/c"])
        #expect(try place.look(["d", "d/b", "d/e"]).0 == ["d/b", "d/e/c"])
        #expect(try place.look([]).0.isEmpty)
    }

    @Test("a directory that is gone takes along what was known in it, and no more")
    func directory() throws {
        for dirty in [nil, ["d"]] {
            let place = Place()
            for name in ["d/a", "d/e/b", "d-e/c", "da"] {
                try place.write(name)
                try place.note(name)
            }
            place.access.deleteDirectory(try StateSamples.path("d"))
            let (toRead, gone) = try place.look(dirty)
            #expect(toRead.isEmpty && gone == ["d/a", "d/e/b"])
        }
    }

    /// Saved by rename while its directory is listed, a file may be in no listing.
    @Test("what stands there is not gone, be it in no listing", arguments: [nil, ["d"], [""]])
    func unlisted(dirty: [String]?) throws {
        let place = Place()
        for name in ["saved", "d/same", "d/saved", "gone", "d/gone"] {
            try place.write(name)
            try place.note(name)
        }
        for name in ["saved", "d/saved"] {
            place.access.setTimes(
                of: try StateSamples.path(name), modified: Self.now, changed: Self.now + 1)
        }
        for name in ["gone", "d/gone"] { place.access.delete(try StateSamples.path(name)) }
        // Without them the directory is in no listing either.
        let hidden = ["saved", "d/saved"] + (dirty == [""] ? ["d/same"] : [])
        place.access.leaveOutOfListings(Set(try hidden.map { try StateSamples.path($0) }))
        let (toRead, gone) = try place.look(dirty == [""] ? nil : dirty)
        let isWhole = dirty != ["d"]
        #expect(toRead == (isWhole ? ["d/saved", "saved"] : ["d/saved"]))
        #expect(gone == (isWhole ? ["d/gone", "gone"] : ["d/gone"]))
    }

    @Test("a file in a directory's place takes the place of all in it")
    func kinds() throws {
        for dirty in [nil, ["d"], ["d", "d/a"]] {
            let place = Place()
            try place.write("d/a")
            try place.note("d/a")
            place.access.deleteDirectory(try StateSamples.path("d"))
            try place.write("d")
            let (toRead, gone) = try place.look(dirty)
            #expect(toRead == ["d"] && gone == ["d/a"])
        }
    }

    @Test("the target of a link is no rule", arguments: [FileMode.symbolicLink, .regular])
    func linkedRules(mode: FileMode) throws {
        let place = Place()
        let rules = try StateSamples.path(".gitignore")
        place.access.write(rules, Array("secret".utf8), mode: mode, inPlace: false)
        try place.write("secret")
        let secret = mode == .regular ? [] : ["secret"]
        #expect(try place.look().0 == [".gitignore"] + secret)
    }

    @Test("what this device leaves out is not looked at, nor gone")
    func excluded() throws {
        for dirty in [nil, ["x.tmp", "out/a", "in"]] {
            let place = Place(["*.tmp", "/out/"])
            for name in ["x.tmp", "out/a", "in"] { try place.write(name) }
            try place.note("in")
            let (toRead, gone) = try place.look(dirty)
            #expect(toRead.isEmpty && gone.isEmpty)
        }
    }
}
