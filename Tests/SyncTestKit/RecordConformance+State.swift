internal import SyncModel

/// The laws of notes, commits, held paths, facts, settled conflicts and the newest files.
extension RecordConformance {
    static func notes(_ record: any VaultRecord) throws {
        let path = try RecordSamples.path("d/a")
        let other = RecordSamples.file(try RecordSamples.path("d/b"), 2)
        let file = RecordSamples.file(path, 1)
        let base = RecordSamples.id(9)
        let noted = RecordSamples.file(path, 1, base: base)
        func expectNote(_ there: Bool, line: Int = #line) throws {
            let wanted = there ? noted : file
            try expect(record.file(nil, path), wanted, line: line)
            try expect(record.files(nil, in: path.parent), [wanted, other], line: line)
            try expect(Set(record.recent(limit: 9)), [wanted, other], line: line)
            let paths = there ? [DeferredPath(path: path, base: base)] : []
            try expect(record.deferred(nil), paths, line: line)
        }
        try record.advance(nil, [.put(file), .put(other)], applied: nil)
        try record.advance(nil, [.postpone(path, base: base)], applied: RecordSamples.id(10))
        try expectNote(true)
        try record.advance(nil, [.settle(path)], applied: nil)
        try expectNote(false)
        try record.advance(nil, [.put(noted)], applied: nil)
        try expectNote(true)
        try record.advance(nil, [.put(file)], applied: nil)
        try expectNote(false)
        try record.advance(nil, [.put(noted)], applied: nil)
        try record.advance(nil, [.settle(path)], applied: nil)
        try expectNote(false)
        let changes: [RecordChange] = [.postpone(path, base: base), .settle(path)]
        try record.advance(nil, changes, applied: nil)
        try expectNote(false)
    }

    static func notesWithoutRow(_ record: any VaultRecord) throws {
        let paths = try ["a/x", "a-b", "c"].map(RecordSamples.path)
        let base = RecordSamples.id(1)
        let folder = try RecordSamples.path("f")
        try record.advance(
            folder, paths.reversed().map { .postpone($0, base: base) }, applied: nil)
        try expect(record.count(folder), 0)
        try expect(record.file(folder, paths[0]), nil)
        try expect(record.deferred(folder).map(\.path), paths.sorted())
        try record.advance(folder, [.put(RecordSamples.file(paths[2], 1))], applied: nil)
        try expect(record.deferred(folder).map(\.path), paths.sorted().filter { $0 != paths[2] })
        let later = RecordSamples.id(2)
        let changes: [RecordChange] = [
            .put(RecordSamples.file(paths[0], 3, base: later)), .remove(paths[0]),
            .settle(paths[1]),
        ]
        try record.advance(folder, changes, applied: nil)
        try expect(record.deferred(folder), [DeferredPath(path: paths[0], base: later)])
    }

    static func appliedStays(_ record: any VaultRecord) throws {
        let path = try RecordSamples.path("a")
        try record.advance(nil, [], applied: RecordSamples.id(1))
        try expect(record.applied(nil), RecordSamples.id(1))
        try record.advance(nil, [.put(RecordSamples.file(path, 1))], applied: nil)
        try expect(record.applied(nil), RecordSamples.id(1))
        try record.advance(nil, [], applied: RecordSamples.id(2))
        try expect(record.applied(nil), RecordSamples.id(2))
    }

    static func forgetForgets(_ record: any VaultRecord) throws {
        let path = try RecordSamples.path("a")
        let file = RecordSamples.file(path, 1, base: RecordSamples.id(1))
        for folder in [nil, path] {
            try record.advance(folder, [.put(file)], applied: RecordSamples.id(2))
            try record.hold(folder, path, .busy)
        }
        try record.forget(path)
        try expect(record.file(path, path), nil)
        try expect(record.count(path), 0)
        try expect(record.applied(path), nil)
        try expect(record.deferred(path), [])
        try expect(record.held(path), [])
        try expect(record.recent(limit: 9), [file])
        try expect(record.held(nil).count, 1)
        try record.advance(path, [.put(RecordSamples.file(path, 2))], applied: nil)
        try expect(record.count(path), 1)
        try expect(record.recent(limit: 1).first?.version.id, RecordSamples.id(2))
    }

    static func heldPaths(_ record: any VaultRecord) throws {
        let folder = try RecordSamples.path("shared/documents")
        let paths = try ["b", "a/x", "a-b"].map(RecordSamples.path)
        try record.hold(folder, paths[2], nil)
        try expect(record.held(folder), [])
        for path in paths { try record.hold(folder, path, .unreadable) }
        try record.hold(folder, paths[1], .tooLarge)
        try record.hold(nil, paths[0], .massDeletion)
        try expect(
            record.held(folder),
            [
                HeldPath(path: folder.appending(paths[2]), reason: .unreadable),
                HeldPath(path: folder.appending(paths[1]), reason: .tooLarge),
                HeldPath(path: folder.appending(paths[0]), reason: .unreadable),
            ])
        for path in paths { try record.hold(folder, path, nil) }
        try expect(record.held(folder), [])
        try expect(record.held(nil), [HeldPath(path: paths[0], reason: .massDeletion)])
    }

    static func facts(_ record: any VaultRecord) throws {
        try record.setFact("paused", nil)
        try record.setFact("paused", "")
        try record.setFact("webhook", "grüße")
        try expect(record.fact("paused"), "")
        try record.setFact("paused", "yes")
        try expect(record.fact("paused"), "yes")
        try record.setFact("paused", nil)
        try expect(record.fact("paused"), nil)
        try expect(record.fact("webhook"), "grüße")
        let path = try RecordSamples.path("notes/a.md")
        let file = RecordSamples.file(path, 1)
        try record.advance(nil, [.put(file), .fact("applying", "a\nb")], applied: nil)
        try expect(record.fact("applying"), "a\nb")
        try record.advance(nil, [.fact("applying", nil)], applied: nil)
        try expect(record.fact("applying"), nil)
        try expect(record.file(nil, path), file)
    }

    static func pastVersions(_ record: any VaultRecord) throws {
        try expect(record.pastVersionCount(), 0)
        try record.addPastVersions([1: RecordSamples.id(1), .min: RecordSamples.id(2)])
        try record.addPastVersions([1: RecordSamples.id(3), .max: RecordSamples.id(4)])
        try record.addPastVersions([:])
        try expect(record.pastVersionCount(), 3)
        try expect(record.pastVersion(1), RecordSamples.id(3))
        try expect(record.pastVersion(.min), RecordSamples.id(2))
        try expect(record.pastVersion(.max), RecordSamples.id(4))
        try expect(record.pastVersion(0), nil)
    }

    static func settledConflicts(_ record: any VaultRecord) throws {
        let limit = Limits.settledConflicts
        let all = try (0..<(limit + 50)).map(RecordSamples.settled)
        try record.addSettled([])
        try record.addSettled(Array(all[..<2]))
        try expect(record.settled(), [all[1], all[0]])
        try record.addSettled(Array(all[2..<30]))
        try record.addSettled(Array(all[30...]))
        try expect(record.settled(), Array(all.suffix(limit).reversed()))
        try record.addSettled(all + all)
        try expect(record.settled(), Array(all.suffix(limit).reversed()))
    }

    static func recentFiles(_ record: any VaultRecord) throws {
        let folder = try RecordSamples.path("f")
        let paths = try ["a", "b", "c/d"].map(RecordSamples.path)
        let first = paths.enumerated().map { RecordSamples.file($1, $0) }
        try record.advance(nil, first.map(RecordChange.put), applied: nil)
        try expect(record.recent(limit: 2), [first[2], first[1]])
        try record.advance(folder, [.put(RecordSamples.file(paths[2], 7))], applied: nil)
        let inFolder = RecordSamples.file(folder.appending(paths[2]), 7)
        try expect(record.recent(limit: 9), [inFolder, first[2], first[1], first[0]])
        let again = RecordSamples.file(paths[0], 8)
        try record.advance(nil, [.put(again), .remove(paths[1])], applied: nil)
        try expect(record.recent(limit: 9), [again, inFolder, first[2]])
        try expect(record.recent(limit: 0), [])
    }

    /// More files than a record may keep apart as the newest, in two batches, then removals from
    /// the newest down.
    static func recentAfterRemovals(_ record: any VaultRecord) throws {
        let total = Limits.stateFiles * 7 / 2
        let files = try (0..<total).map {
            RecordSamples.file(try RecordSamples.path("d\($0 % 100)/\($0)"), $0)
        }
        try record.advance(nil, files[..<30_000].map(RecordChange.put), applied: nil)
        try record.advance(nil, files[30_000...].map(RecordChange.put), applied: nil)
        try expect(record.recent(limit: 3), Array(files.suffix(3).reversed()))
        let few = files.prefix(40)
        let gone = files[40...].map { RecordChange.remove($0.path) }
        try record.advance(nil, Array(gone.suffix(20_000)), applied: nil)
        let wanted = Array(files.dropLast(20_000).suffix(Limits.stateFiles).reversed())
        try expect(record.recent(limit: Limits.stateFiles) == wanted, true)
        try expect(record.recent(limit: total) == files.dropLast(20_000).reversed(), true)
        try record.advance(nil, Array(gone.dropLast(20_000)), applied: nil)
        try expect(record.recent(limit: 50), Array(few.reversed()))
        let new = RecordSamples.file(few[0].path, 5)
        try record.advance(nil, [.put(new)], applied: nil)
        try expect(record.recent(limit: 2), [new, few[39]])
    }

    /// A few old files, a batch of more than a record may keep apart, and removals from it.
    static func recentWithoutGap(_ record: any VaultRecord) throws {
        let limit = Limits.stateFiles
        let files = try (0..<(limit * 3)).map {
            RecordSamples.file(try RecordSamples.path("d\($0 % 100)/\($0)"), $0)
        }
        let old = limit / 2
        try record.advance(nil, files[..<old].map(RecordChange.put), applied: nil)
        try record.advance(nil, files[old...].map(RecordChange.put), applied: nil)
        for left in [limit * 17 / 10, limit * 12 / 10] {
            let gone = files[left...].map { RecordChange.remove($0.path) }
            try record.advance(nil, gone, applied: nil)
            let wanted = Array(files[..<left].suffix(limit).reversed())
            try expect(record.recent(limit: limit) == wanted, true)
        }
    }
}
