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
    package let check: @Sendable (any VaultRecord) throws -> Void
}

/// The laws of `VaultRecord`, for any record. A test runs each against a new, empty record.
package enum RecordConformance {
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
        RecordLaw(description: "a note is the file's base until it is settled", check: notes),
        RecordLaw(description: "a note stands without a row", check: notesWithoutRow),
        RecordLaw(description: "the applied commit stays until the next", check: appliedStays),
        RecordLaw(description: "what is forgotten is as new", check: forgetForgets),
        RecordLaw(description: "held paths are the repository's, sorted", check: heldPaths),
        RecordLaw(description: "a fact stays until it is changed or removed", check: facts),
        RecordLaw(description: "a past version is found by its number", check: pastVersions),
        RecordLaw(description: "the newest settled conflicts stay", check: settledConflicts),
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

    private static func files(_ paths: [String]) throws -> [RecordedFile] {
        try paths.enumerated().map { RecordSamples.file(try RecordSamples.path($1), $0) }
    }

    private static func emptyHoldsNothing(_ record: any VaultRecord) throws {
        let path = try RecordSamples.path("a/b")
        for folder in [nil, path] {
            try expect(record.file(folder, path), nil)
            try expect(record.files(folder, in: nil), [])
            try expect(record.files(folder, in: path), [])
            try expect(record.directory(folder, after: nil), nil)
            try expect(record.count(folder), 0)
            try expect(record.deferred(folder), [])
            try expect(record.applied(folder), nil)
            try expect(record.held(folder), [])
            try record.forget(folder)
            try record.advance(folder, [], applied: nil)
        }
        try expect(record.fact("paused"), nil)
        try expect(record.settled(), [])
        try expect(record.recent(limit: 10), [])
    }

    private static func putComesBack(_ record: any VaultRecord) throws {
        let files = try (0..<40).map {
            RecordSamples.file(try RecordSamples.path("d\($0 % 7)/f\($0)"), $0)
        }
        try record.advance(nil, files.map(RecordChange.put), applied: nil)
        for file in files { try expect(record.file(nil, file.path), file) }
        try expect(record.count(nil), files.count)
    }

    private static func putReplaces(_ record: any VaultRecord) throws {
        let path = try RecordSamples.path("a/b")
        let second = RecordSamples.file(path, 2)
        try record.advance(nil, [.put(RecordSamples.file(path, 1))], applied: nil)
        try record.advance(nil, [.put(second)], applied: nil)
        try expect(record.file(nil, path), second)
        let fourth = RecordSamples.file(path, 4)
        let changes: [RecordChange] = [.put(RecordSamples.file(path, 3)), .put(fourth)]
        try record.advance(nil, changes, applied: nil)
        try expect(record.file(nil, path), fourth)
        try expect(record.count(nil), 1)
        try expect(record.recent(limit: 10), [fourth])
    }

    private static func removeTakesAway(_ record: any VaultRecord) throws {
        let all = try files(["a/b", "a/c", "a-b", "a"])
        try record.advance(nil, all.map(RecordChange.put), applied: nil)
        let nowhere = try RecordSamples.path("a/nowhere")
        try record.advance(nil, [.remove(all[0].path), .remove(nowhere)], applied: nil)
        try expect(record.file(nil, all[0].path), nil)
        try expect(record.files(nil, in: try RecordSamples.path("a")), [all[1]])
        try expect(record.files(nil, in: nil), [all[3], all[2]])
        try expect(record.count(nil), 3)
        try record.advance(nil, all.map { .remove($0.path) }, applied: nil)
        try expect(record.count(nil), 0)
        try expect(record.directory(nil, after: nil), nil)
    }

    private static func directoriesAreApart(_ record: any VaultRecord) throws {
        let all = try files(["z", "a", "d/z", "d/b", "d/a", "d/e/x", "d-e/x", "dd/x"])
        try record.advance(nil, all.map(RecordChange.put), applied: nil)
        try expect(record.files(nil, in: nil), [all[1], all[0]])
        try expect(
            record.files(nil, in: try RecordSamples.path("d")), [all[4], all[3], all[2]])
        try expect(record.files(nil, in: try RecordSamples.path("d/e")), [all[5]])
        try expect(record.files(nil, in: try RecordSamples.path("z")), [])
    }

    private static func walkInOrder(_ record: any VaultRecord) throws {
        let directories = ["a", "a-b", "a/b", "a/b/c/d", "a0", "b"]
        let all = try files(directories.reversed().map { "\($0)/file" } + ["root"])
        try record.advance(nil, all.map(RecordChange.put), applied: nil)
        var found: [String] = []
        var last: TreePath?
        while let next = try record.directory(nil, after: last) {
            found.append(next.text)
            last = next
            guard found.count < 100 else { throw BrokenLaw("the walk has no end") }
        }
        try expect(found, directories)
        let between = try RecordSamples.path("a/a")
        try expect(record.directory(nil, after: between), try RecordSamples.path("a/b"))
    }

    private static func directories(_ record: any VaultRecord) throws {
        let (path, other) = (try RecordSamples.path("a/b"), try RecordSamples.path("a/c"))
        let directory = RecordSamples.directory(path, 1)
        let file = RecordSamples.file(other, 2)
        func check(files: [RecordedFile], all: [RecordedFile]) throws {
            try expect(record.count(nil), files.count)
            try expect(record.recent(limit: 10), files)
            try expect(record.recent(limit: 1_000), files)
            try expect(record.files(nil, in: TreePath("a")), all)
        }
        try record.advance(nil, [.put(directory)], applied: nil)
        try check(files: [], all: [directory])
        try record.advance(nil, [.put(file), .put(directory)], applied: nil)
        try check(files: [file], all: [directory, file])
        let instead = RecordSamples.file(path, 3)
        try record.advance(nil, [.put(instead)], applied: nil)
        try check(files: [instead, file], all: [instead, file])
        try record.advance(nil, [.put(directory), .remove(other)], applied: nil)
        try check(files: [], all: [directory])
        try record.advance(nil, [.remove(path)], applied: nil)
        try check(files: [], all: [])
    }

    private static func namesAreBytes(_ record: any VaultRecord) throws {
        let names: [[UInt8]] = [[0xff, 0xfe], [0x0a], [0x22, 0x5c], Array("ä/ö".utf8), [0x80]]
        let paths = names.compactMap { TreePath($0) }
        try expect(paths.count, names.count)
        let all = paths.enumerated().map { RecordSamples.file($1, $0) }
        try record.advance(paths[0], all.map(RecordChange.put), applied: nil)
        for file in all { try expect(record.file(paths[0], file.path), file) }
        try expect(
            record.files(paths[0], in: nil).map(\.path), [paths[1], paths[2], paths[4], paths[0]])
    }

    private static func foldersAreApart(_ record: any VaultRecord) throws {
        let path = try RecordSamples.path("x")
        let folders: [FolderID] = [nil, path, try RecordSamples.path("x/y")]
        for (number, folder) in folders.enumerated() {
            let file = RecordSamples.file(path, number)
            try record.advance(folder, [.put(file)], applied: RecordSamples.id(number))
        }
        try record.advance(folders[1], [.remove(path)], applied: nil)
        try expect(record.file(folders[0], path), RecordSamples.file(path, 0))
        try expect(record.file(folders[1], path), nil)
        try expect(record.file(folders[2], path), RecordSamples.file(path, 2))
        try expect(try folders.map { try record.count($0) }, [1, 0, 1])
        try expect(
            try folders.map { try record.applied($0) }, [0, 1, 2].map(RecordSamples.id))
    }
}
