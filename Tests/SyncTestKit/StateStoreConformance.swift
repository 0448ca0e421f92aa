package import SyncModel

/// What a law of a conformance suite says when it does not hold.
package struct BrokenLaw: Error, CustomStringConvertible {
    package let description: String

    /// Takes what was found.
    package init(_ description: String) { self.description = description }
}

/// A sentence that must be true of every record, with the check of it on an empty one.
package struct RecordLaw: Sendable, CustomStringConvertible {
    package let description: String
    package let check: @Sendable (any StateStore) throws -> Void
}

/// The laws of `StateStore`, for any record. A test runs each against a new, empty record.
package enum StateStoreConformance {
    /// All laws.
    package static let laws: [RecordLaw] = [
        RecordLaw(description: "an empty record holds nothing", check: emptyHoldsNothing),
        RecordLaw(description: "what is put comes back with all its parts", check: putComesBack),
        RecordLaw(description: "a second put replaces the first", check: putReplaces),
        RecordLaw(description: "what is removed is gone, and only that", check: removeTakesAway),
        RecordLaw(
            description: "a directory's files are its own, sorted", check: directoriesAreApart),
        RecordLaw(
            description: "the next directory goes through all in byte order", check: walkInOrder),
        RecordLaw(
            description: "an empty directory has a row, and is no file", check: directories),
        RecordLaw(description: "names need not be UTF-8", check: namesAreBytes),
        RecordLaw(description: "folders do not see each other", check: foldersAreApart),
        RecordLaw(description: "a note is the file's base until it is cleared", check: notes),
        RecordLaw(description: "a note stands without a row", check: notesWithoutRow),
        RecordLaw(description: "what is parked waits for nothing", check: parkedPaths),
        RecordLaw(description: "what is parked is found by its place", check: parkedPlaces),
        RecordLaw(description: "the applied commit stays until the next", check: appliedStays),
        RecordLaw(description: "what is forgotten is as new", check: forgetForgets),
        RecordLaw(description: "held paths are the repository's, sorted", check: heldPaths),
        RecordLaw(description: "a fact stays until it is changed or removed", check: facts),
        RecordLaw(description: "a past version is found by its number", check: pastVersions),
        RecordLaw(description: "the newest resolved conflicts stay", check: resolvedConflicts),
        RecordLaw(description: "the newest files come first", check: recentFiles),
        RecordLaw(
            description: "the newest files are found after many removals",
            check: recentAfterRemovals),
        RecordLaw(
            description: "the newest files have no gap after a large batch",
            check: recentWithoutGap),
    ]

    static func expect<Value: Equatable>(
        _ found: Value, _ wanted: Value, line: Int = #line
    ) throws {
        guard found == wanted else {
            throw BrokenLaw("line \(line): found \(found), wanted \(wanted)")
        }
    }

    private static func files(_ paths: [String]) throws -> [TrackedFile] {
        try paths.enumerated().map { StateSamples.file(try StateSamples.path($1), $0) }
    }

    private static func emptyHoldsNothing(_ store: any StateStore) throws {
        let path = try StateSamples.path("a/b")
        for folder in [nil, path] {
            try expect(store.file(folder, path), nil)
            try expect(store.files(folder, in: nil), [])
            try expect(store.files(folder, in: path), [])
            try expect(store.directory(folder, after: nil), nil)
            try expect(store.count(folder), 0)
            try expect(store.deferred(folder), [])
            try expect(store.applied(folder), nil)
            try expect(store.quarantined(folder), [])
            try store.forget(folder)
            try store.advance(folder, [], applied: nil)
        }
        try expect(store.fact("paused"), nil)
        try expect(store.resolved(), [])
        try expect(store.recent(limit: 10), [])
    }

    private static func putComesBack(_ store: any StateStore) throws {
        let files = try (0..<40).map {
            StateSamples.file(try StateSamples.path("d\($0 % 7)/f\($0)"), $0)
        }
        try store.advance(nil, files.map(StateChange.put), applied: nil)
        for file in files { try expect(store.file(nil, file.path), file) }
        try expect(store.count(nil), files.count)
    }

    private static func putReplaces(_ store: any StateStore) throws {
        let path = try StateSamples.path("a/b")
        let second = StateSamples.file(path, 2)
        try store.advance(nil, [.put(StateSamples.file(path, 1))], applied: nil)
        try store.advance(nil, [.put(second)], applied: nil)
        try expect(store.file(nil, path), second)
        let fourth = StateSamples.file(path, 4)
        let changes: [StateChange] = [.put(StateSamples.file(path, 3)), .put(fourth)]
        try store.advance(nil, changes, applied: nil)
        try expect(store.file(nil, path), fourth)
        try expect(store.count(nil), 1)
        try expect(store.recent(limit: 10), [fourth])
    }

    private static func removeTakesAway(_ store: any StateStore) throws {
        let all = try files(["a/b", "a/c", "a-b", "a"])
        try store.advance(nil, all.map(StateChange.put), applied: nil)
        let nowhere = try StateSamples.path("a/nowhere")
        try store.advance(nil, [.remove(all[0].path), .remove(nowhere)], applied: nil)
        try expect(store.file(nil, all[0].path), nil)
        try expect(store.files(nil, in: try StateSamples.path("a")), [all[1]])
        try expect(store.files(nil, in: nil), [all[3], all[2]])
        try expect(store.count(nil), 3)
        try store.advance(nil, all.map { .remove($0.path) }, applied: nil)
        try expect(store.count(nil), 0)
        try expect(store.directory(nil, after: nil), nil)
    }

    private static func directoriesAreApart(_ store: any StateStore) throws {
        let all = try files(["z", "a", "d/z", "d/b", "d/a", "d/e/x", "d-e/x", "dd/x"])
        try store.advance(nil, all.map(StateChange.put), applied: nil)
        try expect(store.files(nil, in: nil), [all[1], all[0]])
        try expect(
            store.files(nil, in: try StateSamples.path("d")), [all[4], all[3], all[2]])
        try expect(store.files(nil, in: try StateSamples.path("d/e")), [all[5]])
        try expect(store.files(nil, in: try StateSamples.path("z")), [])
        try expect(store.paths(nil, named: Array("x".utf8)), [all[6], all[5], all[7]].map(\.path))
        try expect(store.paths(nil, named: Array("z".utf8)), [all[2], all[0]].map(\.path))
        try expect(store.paths(try StateSamples.path("d"), named: Array("x".utf8)), [])
    }

    private static func walkInOrder(_ store: any StateStore) throws {
        let directories = ["a", "a-b", "a/b", "a/b/c/d", "a0", "b"]
        let all = try files(directories.reversed().map { "\($0)/file" } + ["root"])
        try store.advance(nil, all.map(StateChange.put), applied: nil)
        var found: [String] = []
        var last: TreePath?
        while let next = try store.directory(nil, after: last) {
            found.append(next.text)
            last = next
            guard found.count < 100 else { throw BrokenLaw("the walk has no end") }
        }
        try expect(found, directories)
        let between = try StateSamples.path("a/a")
        try expect(store.directory(nil, after: between), try StateSamples.path("a/b"))
        let (top, deep) = (try StateSamples.path("a"), try StateSamples.path("a/b/c/d"))
        try expect(store.directory(nil, after: nil, below: top), try StateSamples.path("a/b"))
        try expect(store.directory(nil, after: top, below: top), try StateSamples.path("a/b"))
        try expect(store.directory(nil, after: between, below: between), nil)
        try expect(store.directory(nil, after: try StateSamples.path("a/b"), below: top), deep)
        try expect(store.directory(nil, after: deep, below: top), nil)
        try expect(store.directory(nil, after: nil, below: try StateSamples.path("b")), nil)
    }

    private static func directories(_ store: any StateStore) throws {
        let (path, other) = (try StateSamples.path("a/b"), try StateSamples.path("a/c"))
        let directory = StateSamples.directory(path, 1)
        let file = StateSamples.file(other, 2)
        func check(files: [TrackedFile], all: [TrackedFile]) throws {
            try expect(store.count(nil), files.count)
            try expect(store.recent(limit: 10), files)
            try expect(store.recent(limit: 1_000), files)
            try expect(store.files(nil, in: TreePath("a")), all)
        }
        try store.advance(nil, [.put(directory)], applied: nil)
        try check(files: [], all: [directory])
        try store.advance(nil, [.put(file), .put(directory)], applied: nil)
        try check(files: [file], all: [directory, file])
        let instead = StateSamples.file(path, 3)
        try store.advance(nil, [.put(instead)], applied: nil)
        try check(files: [instead, file], all: [instead, file])
        try store.advance(nil, [.put(directory), .remove(other)], applied: nil)
        try check(files: [], all: [directory])
        try store.advance(nil, [.remove(path)], applied: nil)
        try check(files: [], all: [])
    }

    private static func namesAreBytes(_ store: any StateStore) throws {
        let names: [[UInt8]] = [[0xff, 0xfe], [0x0a], [0x22, 0x5c], Array("ä/ö".utf8), [0x80]]
        let paths = names.compactMap { TreePath($0) }
        try expect(paths.count, names.count)
        let all = paths.enumerated().map { StateSamples.file($1, $0) }
        try store.advance(paths[0], all.map(StateChange.put), applied: nil)
        for file in all { try expect(store.file(paths[0], file.path), file) }
        try expect(
            store.files(paths[0], in: nil).map(\.path), [paths[1], paths[2], paths[4], paths[0]])
    }

    private static func foldersAreApart(_ store: any StateStore) throws {
        let path = try StateSamples.path("x")
        let folders: [FolderID] = [nil, path, try StateSamples.path("x/y")]
        for (number, folder) in folders.enumerated() {
            let file = StateSamples.file(path, number)
            try store.advance(folder, [.put(file)], applied: StateSamples.id(number))
        }
        try store.advance(folders[1], [.remove(path)], applied: nil)
        try expect(store.file(folders[0], path), StateSamples.file(path, 0))
        try expect(store.file(folders[1], path), nil)
        try expect(store.file(folders[2], path), StateSamples.file(path, 2))
        try expect(try folders.map { try store.count($0) }, [1, 0, 1])
        try expect(
            try folders.map { try store.applied($0) }, [0, 1, 2].map(StateSamples.id))
    }
}
