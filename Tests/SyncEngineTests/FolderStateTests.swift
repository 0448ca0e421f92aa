import SyncModel
import SyncTestKit
import Testing

@testable import SyncEngine

@Suite("Applies that were interrupted")
struct InterruptedAppliesTests {
    private let one = ObjectID(hashing: [1], as: .blob)
    private let two = ObjectID(hashing: [2], as: .blob)
    private let path: TreePath
    private let other: TreePath

    init() throws {
        path = try StateSamples.path("notes/a.md")
        other = try StateSamples.path("notes/b.md")
    }

    private func reopened(_ applies: InterruptedApplies) -> InterruptedApplies {
        InterruptedApplies(applies.note) { _ in true }
    }

    @Test("none is remembered of a folder where none was")
    func none() {
        let applies = InterruptedApplies()
        #expect(applies.note == nil && !applies.needsScan && !applies.mayBeApplied(path))
        #expect(applies.change(to: applies.ended(), in: nil) == nil)
    }

    @Test("one that began is noted until it has ended, over a restart")
    func begun() {
        let begun = InterruptedApplies().beginning(one)
        #expect(begun.needsScan && begun.mayBeApplied(path))
        let again = reopened(begun)
        #expect(again.heads == [one] && again.needsScan && again.mayBeApplied(path))
        let ended = again.ended()
        #expect(ended.note == nil && !ended.mayBeApplied(path))
        #expect(again.change(to: ended, in: nil) != nil)
        #expect(reopened(ended).isEmpty)
    }

    @Test("the same head twice is one, and past the bound the oldest goes")
    func bound() throws {
        var applies = InterruptedApplies().beginning(one).beginning(one)
        #expect(applies.heads == [one])
        for number in 1..<Limits.interruptedApplies {
            let text = [UInt8](String(number).utf8)
            applies = applies.beginning(ObjectID(hashing: text, as: .tree))
        }
        #expect(applies.heads.count == Limits.interruptedApplies && applies.heads[0] == one)
        applies = applies.beginning(two)
        #expect(applies.heads.count == Limits.interruptedApplies && applies.heads[0] != one)
        #expect(applies.heads.last == two)
    }

    @Test("what could not be read is remembered alone, with all below it")
    func unread() throws {
        var applies = InterruptedApplies().beginning(one)
        applies.noteUnread([try StateSamples.path("notes")])
        applies = reopened(applies.ended())
        #expect(!applies.needsScan && applies.earlier == [one])
        #expect(applies.mayBeApplied(path))
        #expect(!applies.mayBeApplied(try StateSamples.path("other.md")))
    }

    @Test("of an apply that began later all may be, of the one before what is unread alone")
    func twice() throws {
        var applies = InterruptedApplies().beginning(one)
        applies.noteUnread(path)
        applies = reopened(applies.ended())
        for _ in 0..<2 {
            applies = reopened(applies.beginning(two))
            #expect(applies.needsScan)
            #expect(applies.heads(of: path) == [one, two])
            #expect(applies.heads(of: other) == [two])
        }
        applies.noteUnread(other)
        applies.beginReading()
        applies.noteRead(path)
        applies = reopened(applies.ended())
        #expect(applies.heads(of: path).isEmpty && applies.heads(of: other) == [one, two])
    }

    @Test("what was read is let go at the end, and not before")
    func read() {
        var applies = InterruptedApplies().beginning(one)
        applies.noteUnread(path)
        applies.noteUnread(other)
        applies = applies.ended()
        applies.beginReading()
        applies.noteRead(path)
        #expect(applies.mayBeApplied(path))
        applies = applies.ended()
        #expect(!applies.mayBeApplied(path) && applies.mayBeApplied(other))
        applies.noteGone(other)
        #expect(applies.ended().isEmpty)
    }

    @Test("what a hook holds back counts as not read")
    func heldBack() {
        var applies = InterruptedApplies().beginning(one)
        applies.noteUnread(path)
        applies = applies.ended()
        applies.beginReading()
        applies.noteRead(path)
        applies.noteUnread(path)
        #expect(applies.ended().mayBeApplied(path))
    }

    @Test("the note of another repository says nothing, and goes at the next end")
    func foreign() {
        let applies = InterruptedApplies(InterruptedApplies().beginning(one).note) { _ in false }
        #expect(applies.heads.isEmpty && !applies.needsScan)
        #expect(applies.change(to: applies.ended(), in: nil) != nil)
    }

    @Test("past the bound of unread paths the last in order are forgotten")
    func unreadBound() throws {
        var applies = InterruptedApplies().beginning(one)
        let paths = try (0...Limits.unreadPaths).map {
            try StateSamples.path("f" + String(10_000 + $0))
        }
        applies.noteUnread(paths)
        applies = reopened(applies.ended())
        #expect(applies.mayBeApplied(paths[Limits.unreadPaths - 1]))
        #expect(!applies.mayBeApplied(paths[Limits.unreadPaths]))
    }
}

@Suite("Smaller states of a folder")
struct FolderStateTests {
    @Test(
        "deletions wait for a word past ten and past the share",
        arguments: [
            (10, 10, false), (11, 11, true), (11, 22, false), (11, 21, true), (0, 0, false),
        ])
    func limit(deletions: Int, total: Int, isPassed: Bool) {
        #expect(DeletionLimit(percent: 50).isPassed(by: deletions, of: total) == isPassed)
    }

    @Test("a file is read as it stands once it was open for longer than the patience")
    func busy() throws {
        let path = try StateSamples.path("a")
        var busy = BusyFiles(patience: .seconds(5))
        let second: Int64 = 1_000_000_000
        busy.noteBusy(path, at: second)
        busy.noteBusy(path, at: 5 * second)
        #expect(busy.neverClosed([path], at: 6 * second).isEmpty)
        #expect(busy.neverClosed([path], at: 6 * second + 1) == [path])
        busy.noteEnd(path)
        #expect(busy.neverClosed([path], at: 100 * second).isEmpty)
        // A clock that was set back makes it wait no longer.
        busy.noteBusy(path, at: 1_000 * second)
        busy.noteBusy(path, at: 10 * second)
        #expect(busy.neverClosed([path], at: 15 * second + 1) == [path])
    }

    @Test("left-out files are replaced where it was looked, and counted past the bound")
    func leftOut() throws {
        let (one, two) = (try StateSamples.path("a/x.tmp"), try StateSamples.path("b/y.tmp"))
        var files = TemporaryFiles()
        files.note([one, two], instead: nil)
        files.note([], instead: [try StateSamples.path("a")])
        #expect(files.paths == [two] && files.count == 1)
        let many = try (0...Limits.temporaryFiles).map {
            try StateSamples.path(String($0) + ".tmp")
        }
        files.note(many, instead: nil)
        #expect(
            files.paths.count == Limits.temporaryFiles && files.count == Limits.temporaryFiles + 1)
    }

    @Test("a change of rules lets in what was in the way, up to the bound; another commit does not")
    func leftOutMarks() throws {
        let (history, store) = (SmallHistory(), InMemoryStateStore())
        let access = SimFolder(
            clock: SimClock(), before: { _ in }, isBusy: { _ in false }, lateWrite: { _, _ in nil },
            destroys: { _, _ in })
        let folder = VaultFolder(id: nil, access: access)
        let marks = LeftOutMarks(repository: history.repository, store: store)
        let rules = try history.commit([".gitignore": "*.env\n"], time: 1_000)
        let paths = try (0...Limits.leftOutMarks).map { try StateSamples.path("\($0).env") }
        for path in paths { try store.quarantine(nil, path, .leftOut) }
        try marks.add(paths, at: rules, in: folder)
        let other = try history.commit(
            [".gitignore": "*.env\n", "a.md": "a"], on: [rules], time: 2_000)
        try marks.release(at: other, in: folder)
        #expect(try store.quarantined(nil).count == paths.count)
        let changed = try history.commit(
            [".gitignore": "*.key\n", "a.md": "a"], on: [other], time: 3_000)
        try marks.release(at: changed, in: folder)
        #expect(try store.quarantined(nil).map(\.path) == [paths[Limits.leftOutMarks]])
    }

    @Test("what is to be looked at again adds up until it is taken")
    func rechecks() throws {
        let access = SimFolder(
            clock: SimClock(), before: { _ in }, isBusy: { _ in false }, lateWrite: { _, _ in nil },
            destroys: { _, _ in })
        let folder = VaultFolder(id: nil, access: access)
        let path = try StateSamples.path("a")
        let rechecks = Rechecks()
        rechecks.note(path, in: folder)
        #expect(rechecks.count == 1 && !rechecks.isEmpty)
        let taken = rechecks.take()
        #expect(taken[nil]?.paths == [path] && rechecks.isEmpty)
        rechecks.noteRules(of: folder)
        rechecks.add(taken)
        #expect(rechecks.dirty[nil] == .everything)
        #expect(rechecks.takeChangedRules() == [nil] && rechecks.takeChangedRules().isEmpty)
    }
}
