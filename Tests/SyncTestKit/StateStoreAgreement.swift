package import SyncModel

/// Makes the same random changes in two records and compares all they say.
package enum StateStoreAgreement {
    /// Throws when the records come to differ.
    /// - Parameters:
    ///   - seed: replays one run.
    ///   - steps: how many calls change the records.
    package static func check(
        _ left: any StateStore, _ right: any StateStore, seed: UInt64, steps: Int
    ) throws {
        var numbers = SeededRandom(seed: seed)
        let folders: [FolderID] = [nil, TreePath("x"), TreePath("x/y")]
        for step in 0..<steps {
            let folder = folders[Int.random(in: 0..<3, using: &numbers)]
            switch Int.random(in: 0..<20, using: &numbers) {
            case 0:
                for store in [left, right] { try store.forget(folder) }
            case 1...3:
                let path = try randomPath(&numbers)
                let reason: QuarantinedPath.Reason? = Bool.random(using: &numbers) ? .busy : nil
                for store in [left, right] { try store.quarantine(folder, path, reason) }
            default:
                var changes: [StateChange] = []
                for _ in 0..<Int.random(in: 0..<12, using: &numbers) {
                    changes.append(try randomChange(&numbers))
                }
                let applied =
                    Bool.random(using: &numbers) ? StateSamples.id(step) : nil
                for store in [left, right] {
                    try store.advance(folder, changes, applied: applied)
                }
            }
            try compare(left, right, folders, "seed \(seed), step \(step)")
        }
    }

    /// Throws when the two do not say the same of the folders.
    package static func compare(
        _ left: any StateStore, _ right: any StateStore, _ folders: [FolderID], _ place: String
    ) throws {
        for folder in folders {
            var directory: TreePath?
            repeat {
                let files = try right.files(folder, in: directory)
                guard try left.files(folder, in: directory) == files else {
                    throw BrokenLaw("\(place): files differ in \(directory?.text ?? "the root")")
                }
                let next = try right.directory(folder, after: directory)
                guard try left.directory(folder, after: directory) == next else {
                    throw BrokenLaw("\(place): another directory follows")
                }
                directory = next
            } while directory != nil
            guard try left.count(folder) == right.count(folder),
                try left.applied(folder) == right.applied(folder),
                try left.deferred(folder) == right.deferred(folder),
                try left.parked(folder) == right.parked(folder),
                try left.parkedBases(folder, below: nil) == right.parkedBases(folder, below: nil),
                try left.quarantined(folder) == right.quarantined(folder)
            else { throw BrokenLaw("\(place): count, commit, notes or held paths differ") }
        }
        guard try left.recent(limit: 20) == right.recent(limit: 20) else {
            throw BrokenLaw("\(place): the newest files differ")
        }
    }

    private static func randomPath(_ numbers: inout SeededRandom) throws -> TreePath {
        let names = ["a", "b", "a-b", "a0", "ä"]
        let depth = Int.random(in: 1...3, using: &numbers)
        return try StateSamples.path(
            (0..<depth).map { _ in names[Int.random(in: 0..<names.count, using: &numbers)] }
                .joined(separator: "/"))
    }

    private static func randomChange(_ numbers: inout SeededRandom) throws -> StateChange {
        let path = try randomPath(&numbers)
        let number = Int.random(in: 0..<1000, using: &numbers)
        switch Int.random(in: 0..<11, using: &numbers) {
        case 0...4: return .put(StateSamples.file(path, number))
        case 5: return .put(StateSamples.file(path, number, base: StateSamples.id(number)))
        case 6, 7: return .remove(path)
        case 8: return .deferUpdate(path, base: StateSamples.id(number))
        case 9: return .park(path, base: StateSamples.id(number % 7))
        default: return .clearDeferral(path)
        }
    }
}
