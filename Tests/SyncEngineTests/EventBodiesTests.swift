import SyncEngine
import SyncMerge
import SyncModel
import SyncTestKit
import Testing

@Suite("A conflict of two bodies for one event")
struct EventBodiesTests {
    private let history = SmallHistory()
    private static let rules = [".gitattributes": "*.jsonl sync=event\n"]
    private static let base = [#"{"uuid":"a","type":"t"}"#, #"{"uuid":"b","type":"t"}"#]
    private static let one = #"{"uuid":"u","a":1}"#
    private static let two = #"{"uuid":"u","a":2}"#

    private func files(
        _ events: [String], _ record: ConflictRecord? = nil
    ) -> [String: String] {
        var files = Self.rules
        files["e.jsonl"] = events.map { $0 + "\n" }.joined()
        if let record {
            files[record.recordPath.text] = String(decoding: record.rendered, as: UTF8.self)
        }
        return files
    }

    private func merge(_ one: ObjectID, _ two: ObjectID) throws
        -> (commit: ObjectID, events: Set<String>, open: [ConflictRecord])
    {
        let made = try CommitMerge(history.repository).merge(one, two).commit
        let again = try CommitMerge(history.repository).merge(two, one).commit
        #expect(made == again)
        let tree = try history.repository.commit(made).tree
        let text = try history.files(of: tree)["e.jsonl"] ?? ""
        return (
            made, Set(text.split(separator: "\n").map(String.init)),
            try ConflictList(of: tree, reading: history.repository).records
        )
    }

    /// The commit that both began with, and what came of a body of each.
    private func dispute() throws -> (base: ObjectID, open: ObjectID, record: ConflictRecord) {
        let base = try history.commit(files(Self.base), time: 1_000)
        let a = try history.commit(
            files(Self.base + [Self.one]), on: [base], time: 2_000, device: "a")
        let b = try history.commit(
            files(Self.base + [Self.two]), on: [base], time: 3_000, device: "b")
        let merged = try merge(a, b)
        return (base, merged.commit, try #require(merged.open.first))
    }

    private static let other = #"{"uuid":"w","type":"t"}"#

    @Test(
        "stays when somebody adds an event who has not seen it, or has", arguments: [false, true])
    func stays(hasSeen: Bool) throws {
        let (base, open, record) = try dispute()
        let both = Self.base + [Self.one, Self.two]
        let edited = try history.commit(
            hasSeen ? files(both + [Self.other], record) : files(Self.base + [Self.other]),
            on: [hasSeen ? open : base], time: 4_000, device: "c")
        let beside = try history.commit(
            files(both + [#"{"uuid":"x","type":"t"}"#], record), on: [open], time: 5_000,
            device: "a")
        let merged = try merge(edited, beside)
        #expect(merged.open.map(\.path) == [record.path])
        #expect(merged.events.isSuperset(of: both + [Self.other]))
    }

    @Test("is over once somebody keeps both, whatever others add meanwhile or later")
    func keptBoth() throws {
        let (_, open, record) = try dispute()
        let both = Self.base + [Self.one, Self.two]
        let kept = try history.commit(files(both), on: [open], time: 4_000, device: "a")
        let added = try history.commit(
            files(both + [Self.other], record), on: [open], time: 5_000, device: "b")
        let merged = try merge(kept, added)
        #expect(merged.open.isEmpty)
        #expect(merged.events == Set(both + [Self.other]))
        let one = try history.commit(
            files(both + [Self.other, #"{"uuid":"x"}"#]), on: [merged.commit], time: 6_000,
            device: "a")
        let two = try history.commit(
            files(both + [Self.other, #"{"uuid":"y"}"#]), on: [merged.commit], time: 7_000,
            device: "b")
        #expect(try merge(one, two).open.isEmpty)
    }

    @Test("is over once somebody keeps both, in whatever order others' events come to it")
    func keptBothAmongOthers() throws {
        let (_, open, record) = try dispute()
        let both = Self.base + [Self.one, Self.two]
        let kept = try history.commit(files(both), on: [open], time: 4_000, device: "a")
        let others = try ["w", "x"].enumerated().map { index, name in
            try history.commit(
                files(both + [#"{"uuid":"\#(name)","type":"t"}"#], record), on: [open],
                time: 5_000 + Int64(index), device: name)
        }
        let all = [kept] + others
        for order in [[0, 1, 2], [1, 2, 0], [2, 0, 1]] {
            let merged = try merge(merge(all[order[0]], all[order[1]]).commit, all[order[2]])
            #expect(merged.open.isEmpty, "\(order)")
            #expect(merged.events.count == both.count + 2)
        }
        // The conflict that stands keeps its name.
        #expect(try merge(others[0], others[1]).open == [record])
    }

    @Test("is over once one keeps both of whom two kept one each")
    func keptAfterOpposed() throws {
        let (_, open, record) = try dispute()
        let a = try history.commit(
            files(Self.base + [Self.one]), on: [open], time: 4_000, device: "a")
        let b = try history.commit(
            files(Self.base + [Self.two]), on: [open], time: 5_000, device: "b")
        let opposed = try merge(a, b)
        var text = try history.files(of: history.repository.commit(opposed.commit).tree)
        for record in opposed.open { text[record.recordPath.text] = nil }
        let kept = try history.commit(text, on: [opposed.commit], time: 6_000, device: "a")
        let both = Self.base + [Self.one, Self.two]
        let added = try history.commit(
            files(both + [Self.other], record), on: [open], time: 7_000, device: "c")
        let merged = try merge(kept, added)
        #expect(merged.open.isEmpty)
        #expect(merged.events == Set(both + [Self.other]))
    }

    @Test("is over once one of the bodies is gone")
    func takenOut() throws {
        let (_, open, record) = try dispute()
        let both = Self.base + [Self.one, Self.two]
        let chosen = try history.commit(
            files(Self.base + [Self.two], record), on: [open], time: 4_000, device: "a")
        let added = try history.commit(
            files(both + [Self.other], record), on: [open], time: 5_000, device: "b")
        let merged = try merge(chosen, added)
        #expect(merged.open.isEmpty)
        #expect(merged.events == Set(Self.base + [Self.two, Self.other]))
    }

    @Test("stays when somebody deletes the file and another adds an event")
    func deleted() throws {
        let (_, open, record) = try dispute()
        let both = Self.base + [Self.one, Self.two]
        let gone = try history.commit(Self.rules, on: [open], time: 4_000, device: "a")
        let added = try history.commit(
            files(both + [Self.other], record), on: [open], time: 5_000, device: "b")
        let merged = try merge(gone, added)
        #expect(merged.open.contains(record))
        #expect(merged.events == Set(both + [Self.other]))
    }

    @Test("is open again where two decide for another body each")
    func opposed() throws {
        let (_, open, record) = try dispute()
        let a = try history.commit(
            files(Self.base + [Self.one], record), on: [open], time: 4_000, device: "a")
        let b = try history.commit(
            files(Self.base + [Self.two]), on: [open], time: 5_000, device: "b")
        let merged = try merge(a, b)
        #expect(merged.open.map(\.path) == [record.path])
        #expect(merged.events == Set(Self.base + [Self.one, Self.two]))
    }

    @Test("is open again in whatever order three meet who decide about it")
    func threeDecide() throws {
        let (_, open, record) = try dispute()
        let kept = [Self.one, Self.one, Self.two]
        let commits = try kept.enumerated().map { index, body in
            try history.commit(
                files(Self.base + [body]), on: [open], time: 4_000 + Int64(index),
                device: "d\(index)")
        }
        let beside = try history.commit(
            files(Self.base + [Self.one, Self.two, Self.other], record), on: [open], time: 5_000,
            device: "e")
        for order in [[0, 1, 2, 3], [0, 2, 1, 3], [3, 2, 1, 0], [1, 3, 2, 0], [2, 0, 3, 1]] {
            let all = commits + [beside]
            var head = all[order[0]]
            for next in order.dropFirst() { head = try merge(head, all[next]).commit }
            let tree = try history.repository.commit(head).tree
            let events = try history.files(of: tree)["e.jsonl"]?.split(separator: "\n")
            #expect(
                Set((events ?? []).map(String.init))
                    == Set(Self.base + [Self.one, Self.two, Self.other]), "\(order)")
            let list = try ConflictList(of: tree, reading: history.repository).records
            #expect(list.map(\.path) == [record.path], "\(order)")
        }
    }

    @Test("takes a third body in")
    func third() throws {
        let (base, open, record) = try dispute()
        let third = try history.commit(
            files(Self.base + [#"{"uuid":"u","a":3}"#]), on: [base], time: 4_000, device: "c")
        let merged = try merge(open, third)
        #expect(merged.open.count == 1)
        #expect(merged.open.first?.id != record.id)
    }
}
