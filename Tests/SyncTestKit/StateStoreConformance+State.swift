internal import SyncModel

/// The laws of notes, commits, held paths, facts, resolved conflicts and the newest files.
extension StateStoreConformance {
    static func notes(_ store: any StateStore) throws {
        let path = try StateSamples.path("d/a")
        let other = StateSamples.file(try StateSamples.path("d/b"), 2)
        let file = StateSamples.file(path, 1)
        let base = StateSamples.id(9)
        let noted = StateSamples.file(path, 1, base: base)
        func expectNote(_ there: Bool, line: Int = #line) throws {
            let wanted = there ? noted : file
            try expect(store.file(nil, path), wanted, line: line)
            try expect(store.files(nil, in: path.parent), [wanted, other], line: line)
            try expect(Set(store.recent(limit: 9)), [wanted, other], line: line)
            let paths = there ? [DeferredPath(path: path, base: base)] : []
            try expect(store.deferred(nil), paths, line: line)
        }
        try store.advance(nil, [.put(file), .put(other)], applied: nil)
        try store.advance(nil, [.deferUpdate(path, base: base)], applied: StateSamples.id(10))
        try expectNote(true)
        try store.advance(nil, [.clearDeferral(path)], applied: nil)
        try expectNote(false)
        try store.advance(nil, [.put(noted)], applied: nil)
        try expectNote(true)
        try store.advance(nil, [.put(file)], applied: nil)
        try expectNote(false)
        try store.advance(nil, [.put(noted)], applied: nil)
        try store.advance(nil, [.clearDeferral(path)], applied: nil)
        try expectNote(false)
        let changes: [StateChange] = [.deferUpdate(path, base: base), .clearDeferral(path)]
        try store.advance(nil, changes, applied: nil)
        try expectNote(false)
    }

    static func notesWithoutRow(_ store: any StateStore) throws {
        let paths = try ["a/x", "a-b", "c"].map(StateSamples.path)
        let base = StateSamples.id(1)
        let folder = try StateSamples.path("f")
        try store.advance(
            folder, paths.reversed().map { .deferUpdate($0, base: base) }, applied: nil)
        try expect(store.count(folder), 0)
        try expect(store.file(folder, paths[0]), nil)
        try expect(store.deferred(folder).map(\.path), paths.sorted())
        try store.advance(folder, [.put(StateSamples.file(paths[2], 1))], applied: nil)
        try expect(store.deferred(folder).map(\.path), paths.sorted().filter { $0 != paths[2] })
        let later = StateSamples.id(2)
        let changes: [StateChange] = [
            .put(StateSamples.file(paths[0], 3, base: later)), .remove(paths[0]),
            .clearDeferral(paths[1]),
        ]
        try store.advance(folder, changes, applied: nil)
        try expect(store.deferred(folder), [DeferredPath(path: paths[0], base: later)])
    }

    static func parkedPaths(_ store: any StateStore) throws {
        let path = try StateSamples.path("d/a")
        let file = StateSamples.file(path, 1)
        let (base, later) = (StateSamples.id(9), StateSamples.id(10))
        func expectNote(waiting: ObjectID?, parked: ObjectID?, line: Int = #line) throws {
            func notes(_ base: ObjectID?) -> [DeferredPath] {
                base.map { [DeferredPath(path: path, base: $0)] } ?? []
            }
            try expect(store.deferred(nil), notes(waiting), line: line)
            try expect(store.parked(nil), notes(parked), line: line)
            try expect(store.parkedBase(nil, at: path), parked, line: line)
            try expect(
                store.parkedBases(nil, below: nil), parked.map { [$0] } ?? [], line: line)
        }
        try store.advance(nil, [.put(file), .park(path, base: base)], applied: nil)
        try expectNote(waiting: nil, parked: base)
        try expect(store.file(nil, path), file)
        try expect(store.files(nil, in: path.parent), [file])
        try store.advance(nil, [.deferUpdate(path, base: later)], applied: nil)
        try expectNote(waiting: later, parked: nil)
        try store.advance(nil, [.park(path, base: later), .park(path, base: base)], applied: nil)
        try expectNote(waiting: nil, parked: base)
        try store.advance(nil, [.remove(path)], applied: later)
        try expectNote(waiting: nil, parked: base)
        try store.advance(nil, [.clearDeferral(path)], applied: nil)
        try expectNote(waiting: nil, parked: nil)
        try store.advance(nil, [.park(path, base: base), .put(file)], applied: nil)
        try expectNote(waiting: nil, parked: nil)
        try store.advance(nil, [.park(path, base: base)], applied: nil)
        let noted = StateSamples.file(path, 1, base: later)
        try store.advance(nil, [.put(noted)], applied: nil)
        try expectNote(waiting: later, parked: nil)
        try store.advance(nil, [.park(path, base: base)], applied: nil)
        try expect(store.file(nil, path), file)
        try store.forget(nil)
        try expectNote(waiting: nil, parked: nil)
    }

    static func parkedPlaces(_ store: any StateStore) throws {
        let paths = try ["a", "a-b/x", "a/b/c", "a/d", "a0", "b/e"].map(StateSamples.path)
        let folder = try StateSamples.path("f")
        let changes = paths.enumerated().map {
            StateChange.park($1, base: StateSamples.id($0 % 4))
        }
        try store.advance(folder, changes, applied: nil)
        try expect(store.parked(folder).map(\.path), paths.sorted())
        try expect(store.parked(nil), [])
        func expectBases(below place: String?, _ numbers: [Int], line: Int = #line) throws {
            try expect(
                store.parkedBases(folder, below: try place.map(StateSamples.path)),
                Set(numbers.map(StateSamples.id)), line: line)
        }
        try expectBases(below: nil, [0, 1, 2, 3])
        try expectBases(below: "a", [2, 3])
        try expectBases(below: "a/b", [2])
        try expectBases(below: "a/d", [])
        try expectBases(below: "b", [1])
        try expectBases(below: "c", [])
        try expect(store.parkedBases(nil, below: nil), [])
        try expect(store.parkedBase(folder, at: paths[3]), StateSamples.id(3))
        try expect(store.parkedBase(nil, at: paths[3]), nil)
        try expect(store.parkedBase(folder, at: try StateSamples.path("a/b")), nil)
    }

    static func appliedStays(_ store: any StateStore) throws {
        let path = try StateSamples.path("a")
        try store.advance(nil, [], applied: StateSamples.id(1))
        try expect(store.applied(nil), StateSamples.id(1))
        try store.advance(nil, [.put(StateSamples.file(path, 1))], applied: nil)
        try expect(store.applied(nil), StateSamples.id(1))
        try store.advance(nil, [], applied: StateSamples.id(2))
        try expect(store.applied(nil), StateSamples.id(2))
    }

    static func forgetForgets(_ store: any StateStore) throws {
        let path = try StateSamples.path("a")
        let file = StateSamples.file(path, 1, base: StateSamples.id(1))
        for folder in [nil, path] {
            try store.advance(folder, [.put(file)], applied: StateSamples.id(2))
            try store.quarantine(folder, path, .busy)
        }
        try store.forget(path)
        try expect(store.file(path, path), nil)
        try expect(store.count(path), 0)
        try expect(store.applied(path), nil)
        try expect(store.deferred(path), [])
        try expect(store.quarantined(path), [])
        try expect(store.recent(limit: 9), [file])
        try expect(store.quarantined(nil).count, 1)
        try store.advance(path, [.put(StateSamples.file(path, 2))], applied: nil)
        try expect(store.count(path), 1)
        try expect(store.recent(limit: 1).first?.version.id, StateSamples.id(2))
    }

    static func heldPaths(_ store: any StateStore) throws {
        let folder = try StateSamples.path("shared/documents")
        let paths = try ["b", "a/x", "a-b"].map(StateSamples.path)
        try store.quarantine(folder, paths[2], nil)
        try expect(store.quarantined(folder), [])
        for path in paths { try store.quarantine(folder, path, .unreadable) }
        try store.quarantine(folder, paths[1], .tooLarge)
        try store.quarantine(nil, paths[0], .massDeletion)
        try expect(
            store.quarantined(folder),
            [
                QuarantinedPath(path: folder.appending(paths[2]), reason: .unreadable),
                QuarantinedPath(path: folder.appending(paths[1]), reason: .tooLarge),
                QuarantinedPath(path: folder.appending(paths[0]), reason: .unreadable),
            ])
        for path in paths { try store.quarantine(folder, path, nil) }
        try expect(store.quarantined(folder), [])
        try expect(store.quarantined(nil), [QuarantinedPath(path: paths[0], reason: .massDeletion)])
    }

    static func facts(_ store: any StateStore) throws {
        try store.setFact("paused", nil)
        try store.setFact("paused", "")
        try store.setFact("webhook", "grüße")
        try expect(store.fact("paused"), "")
        try store.setFact("paused", "yes")
        try expect(store.fact("paused"), "yes")
        try store.setFact("paused", nil)
        try expect(store.fact("paused"), nil)
        try expect(store.fact("webhook"), "grüße")
        let path = try StateSamples.path("notes/a.md")
        let file = StateSamples.file(path, 1)
        try store.advance(nil, [.put(file), .fact("applying", "a\nb")], applied: nil)
        try expect(store.fact("applying"), "a\nb")
        try store.advance(nil, [.fact("applying", nil)], applied: nil)
        try expect(store.fact("applying"), nil)
        try expect(store.file(nil, path), file)
    }

    static func pastVersions(_ store: any StateStore) throws {
        try expect(store.pastVersionCount(), 0)
        try store.addPastVersions([1: StateSamples.id(1), .min: StateSamples.id(2)])
        try store.addPastVersions([1: StateSamples.id(3), .max: StateSamples.id(4)])
        try store.addPastVersions([:])
        try expect(store.pastVersionCount(), 3)
        try expect(store.pastVersion(1), StateSamples.id(3))
        try expect(store.pastVersion(.min), StateSamples.id(2))
        try expect(store.pastVersion(.max), StateSamples.id(4))
        try expect(store.pastVersion(0), nil)
    }

    static func resolvedConflicts(_ store: any StateStore) throws {
        let limit = Limits.resolvedConflicts
        let all = try (0..<(limit + 50)).map(StateSamples.resolved)
        try store.addResolved([])
        try store.addResolved(Array(all[..<2]))
        try expect(store.resolved(), [all[1], all[0]])
        try store.addResolved(Array(all[2..<30]))
        try store.addResolved(Array(all[30...]))
        try expect(store.resolved(), Array(all.suffix(limit).reversed()))
        try store.addResolved(all + all)
        try expect(store.resolved(), Array(all.suffix(limit).reversed()))
    }

    static func recentFiles(_ store: any StateStore) throws {
        let folder = try StateSamples.path("f")
        let paths = try ["a", "b", "c/d"].map(StateSamples.path)
        let first = paths.enumerated().map { StateSamples.file($1, $0) }
        try store.advance(nil, first.map(StateChange.put), applied: nil)
        try expect(store.recent(limit: 2), [first[2], first[1]])
        try store.advance(folder, [.put(StateSamples.file(paths[2], 7))], applied: nil)
        let inFolder = StateSamples.file(folder.appending(paths[2]), 7)
        try expect(store.recent(limit: 9), [inFolder, first[2], first[1], first[0]])
        let again = StateSamples.file(paths[0], 8)
        try store.advance(nil, [.put(again), .remove(paths[1])], applied: nil)
        try expect(store.recent(limit: 9), [again, inFolder, first[2]])
        try expect(store.recent(limit: 0), [])
    }

    /// More files than a record may keep apart as the newest, in two batches, then removals from
    /// the newest down.
    static func recentAfterRemovals(_ store: any StateStore) throws {
        let total = Limits.stateFiles * 7 / 2
        let files = try (0..<total).map {
            StateSamples.file(try StateSamples.path("d\($0 % 100)/\($0)"), $0)
        }
        try store.advance(nil, files[..<30_000].map(StateChange.put), applied: nil)
        try store.advance(nil, files[30_000...].map(StateChange.put), applied: nil)
        try expect(store.recent(limit: 3), Array(files.suffix(3).reversed()))
        let few = files.prefix(40)
        let gone = files[40...].map { StateChange.remove($0.path) }
        try store.advance(nil, Array(gone.suffix(20_000)), applied: nil)
        let wanted = Array(files.dropLast(20_000).suffix(Limits.stateFiles).reversed())
        try expect(store.recent(limit: Limits.stateFiles) == wanted, true)
        try expect(store.recent(limit: total) == files.dropLast(20_000).reversed(), true)
        try store.advance(nil, Array(gone.dropLast(20_000)), applied: nil)
        try expect(store.recent(limit: 50), Array(few.reversed()))
        let new = StateSamples.file(few[0].path, 5)
        try store.advance(nil, [.put(new)], applied: nil)
        try expect(store.recent(limit: 2), [new, few[39]])
    }

    /// A few old files, a batch of more than a record may keep apart, and removals from it.
    static func recentWithoutGap(_ store: any StateStore) throws {
        let limit = Limits.stateFiles
        let files = try (0..<(limit * 3)).map {
            StateSamples.file(try StateSamples.path("d\($0 % 100)/\($0)"), $0)
        }
        let old = limit / 2
        try store.advance(nil, files[..<old].map(StateChange.put), applied: nil)
        try store.advance(nil, files[old...].map(StateChange.put), applied: nil)
        for left in [limit * 17 / 10, limit * 12 / 10] {
            let gone = files[left...].map { StateChange.remove($0.path) }
            try store.advance(nil, gone, applied: nil)
            let wanted = Array(files[..<left].suffix(limit).reversed())
            try expect(store.recent(limit: limit) == wanted, true)
        }
    }
}
