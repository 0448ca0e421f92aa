import SyncModel
import SyncTestKit
import Testing

@testable import SyncMerge

@Suite("The record of an open conflict")
struct ConflictRecordTests {
    private func stamp(_ milliseconds: Int64, _ device: String, blob: ObjectID?) -> VersionStamp {
        VersionStamp(milliseconds: milliseconds, device: device, commit: .zero, blob: blob)
    }

    private func path(_ bytes: [UInt8]) throws -> TreePath { try #require(TreePath(bytes)) }

    /// One side's stamp names another blob than its text, the other none: edited between markers.
    private func terms() -> ConflictTerms {
        ConflictTerms(
            bases: [Array("base\n".utf8)],
            sides: [
                CapturedContent(
                    content: Array("one\n".utf8),
                    stamp: stamp(1, "ada", blob: ObjectID(hashing: [1], as: .blob))),
                CapturedContent(content: Array("two\n".utf8), stamp: stamp(.min, "", blob: nil)),
            ])
    }

    @Test(
        "is read back as it was written",
        arguments: [
            Array("shared/a.md".utf8), Array("quote\" back\\slash\u{1}".utf8),
            [0x61, 0xff, 0x2f, 0x62],
        ])
    func roundTrip(name: [UInt8]) throws {
        let path = try path(name)
        let record = ConflictRecord(
            terms(), path: path, named: try self.path(Array("old/name.md".utf8)), kind: .addAdd,
            known: [])
        let read = try #require(ConflictRecord(reading: record.rendered))
        #expect(read == record)
        #expect(read.rendered == record.rendered)
        #expect(try read.terms(reading: InMemoryRepository()) == terms())
        let moved = record.moved(to: try self.path(Array("new.md".utf8)))
        #expect(moved.id == record.id && moved.recordPath == record.recordPath)
    }

    @Test("has the bytes of those versions alone that no commit has")
    func embedding() throws {
        let known = Set(terms().sideIDs)
        let record = ConflictRecord(
            terms(), path: try path(Array("a.md".utf8)), named: try path(Array("a.md".utf8)),
            kind: .content, known: known)
        #expect(record.sides.allSatisfy { $0.text == nil })
        #expect(record.bases.map(\.text) == [Array("base\n".utf8)])
    }

    @Test("of whole versions is no text to merge again, and names its copy")
    func whole() throws {
        let a = try path(Array("a.png".utf8))
        let copy = try path(Array("a.conflict-1.png".utf8))
        let sides = [
            stamp(2, "bob", blob: ObjectID(hashing: [2], as: .blob)), stamp(1, "ada", blob: nil),
        ]
        let record = ConflictRecord(
            path: a, type: .document, kind: .binary, base: nil, sides: sides, copy: copy)
        #expect(record.sides.map(\.stamp.device) == ["ada", "bob"])
        #expect(try record.terms(reading: InMemoryRepository()) == nil)
        #expect(ConflictRecord(reading: record.rendered) == record)
        let swapped = ConflictRecord(
            path: a, type: .document, kind: .binary, base: nil, sides: sides.reversed(), copy: copy)
        #expect(swapped.rendered == record.rendered)
        let based = ConflictRecord(
            path: a, type: .document, kind: .binary, base: ObjectID(hashing: [3], as: .blob),
            sides: sides, copy: copy)
        let read = try #require(ConflictRecord(reading: based.rendered))
        #expect(read == based && read.isConsistent && read.id != record.id)
    }

    @Test(
        "that is none is carried along and lists nothing",
        arguments: [
            "", "{}", "[1]", "{\"version\": 2}",
            "{\"version\":1,\"id\":\"x\",\"path\":\"../x\",\"type\":\"document\","
                + "\"kind\":\"content\",\"bases\":[],\"sides\":[{\"blob\":null},{\"blob\":null}]}",
        ])
    func none(text: String) { #expect(ConflictRecord(reading: Array(text.utf8)) == nil) }
}

/// A conflict says whether its file shows it: the file's rule may be set, and its name change.
@Suite struct UnmarkedConflictTests {
    private let path = TreePath("c.txt")
    private let quiet = FileRule(.document, writesMarkers: false)

    @Test("stays open under a rule that writes markers, and has them once it is merged again")
    func goesOn() throws {
        let base = "a\nb\nc\nd\ne\n"
        let made = merge(base, "x\nb\nc\nd\ne\n", "y\nb\nc\nd\ne\n", as: quiet, path: path)
        let record = ConflictRecord(
            try #require(made.conflict), path: try #require(path), named: try #require(path),
            kind: .content, known: [])
        let read = try #require(ConflictRecord(reading: record.rendered))
        #expect(read == record && read.isConsistent)
        let terms = try #require(try read.terms(reading: InMemoryRepository()))
        #expect(terms.isUnmarked)
        let rule = FileRule(.document)
        let edited = Array("x\nb\nc\nd\nE\n".utf8)
        #expect(ContentMerge.isOpen(terms, in: edited, as: rule, path: path))
        func side(_ text: [UInt8], _ time: Int64, _ device: String) -> ContentSide {
            ContentSide(content: text, stamp: stamp(time, device), terms: terms)
        }
        let again = ContentMerge.merge(
            base: made.content, side(edited, 3, "ada"),
            side(Array("x\nb\nC\nd\ne\n".utf8), 4, "bob"), as: rule, path: path,
            baseTerms: terms)
        let open = try #require(again.conflict)
        #expect(!open.isUnmarked && again.text?.hasPrefix("<<<<<<<") == true)
        #expect(
            open.sides.map { String(decoding: $0.content ?? [], as: UTF8.self) }
                == ["x\nb\nC\nd\nE\n", "y\nb\nC\nd\nE\n"])
    }

    @Test("stays open where devices edited around it, each for itself")
    func stays() throws {
        func capture(_ text: String, _ time: Int64, _ device: String) -> CapturedContent {
            CapturedContent(content: Array(text.utf8), stamp: stamp(time, device))
        }
        let terms = ConflictTerms(
            bases: [Array("x\ny\n".utf8)],
            sides: [capture("x\na\ny\n", 1, "ada"), capture("x\nz\ny\n", 2, "bob")],
            isUnmarked: true)
        // What each of the two has of the conflict is the base's text.
        let around = ContentSide(
            content: Array("x\na\ny\n".utf8), stamp: stamp(4, "eve"), terms: terms,
            captures: [capture("x\na\n", 3, "bob"), capture("a\ny\n", 4, "eve")])
        let plain = ContentSide(content: Array("a\nb\n".utf8), stamp: stamp(5, "ada"))
        let merged = ContentMerge.merge(
            base: Array("a\n".utf8), around, plain, as: quiet, path: path)
        let sides = try #require(merged.conflict?.sides).map {
            String(decoding: $0.content ?? [], as: UTF8.self)
        }
        #expect(sides.contains { $0.contains("z\n") })
    }

    private func stamp(_ milliseconds: Int64, _ device: String) -> VersionStamp {
        VersionStamp(milliseconds: milliseconds, device: device, commit: .zero, blob: nil)
    }
}

@Suite("Resolving a document's conflict")
struct ConflictChoiceTests {
    private let path = TreePath("a.md")
    private let rule = FileRule(.document)

    private func conflict() throws -> (content: [UInt8], terms: ConflictTerms) {
        let result = ContentMerge.merge(
            base: Array("a\nb\nc\n".utf8), side("a\nx\nc\n", 1, "ada"),
            side("a\ny\nc\n", 2, "bob"), as: rule, path: path)
        return (try #require(result.content), try #require(result.conflict))
    }

    @Test(
        "takes one text where the sides disagree and leaves the rest as it was edited",
        arguments: [
            (ConflictChoice.ours(of: "ada"), "a\nx\nc, edited\n"),
            (.ours(of: "bob"), "a\ny\nc, edited\n"),
            (.theirs(of: "bob"), "a\nx\nc, edited\n"),
            (.ours(of: "nobody"), "a\nx\nc, edited\n"),
            (.base, "a\nb\nc, edited\n"), (.both, "a\nx\ny\nc, edited\n"),
        ])
    func choices(choice: ConflictChoice, expected: String) throws {
        let (content, terms) = try conflict()
        let text = String(decoding: content, as: UTF8.self)
        let edited = Array(text.replacing("\nc\n", with: "\nc, edited\n").utf8)
        let resolved = ContentMerge.resolved(edited, terms, as: rule, path: path, by: choice)
        #expect(resolved.map { String(decoding: $0, as: UTF8.self) } == expected)
    }

    @Test("needs markers that belong together")
    func broken() throws {
        let (content, terms) = try conflict()
        let text = String(decoding: content, as: UTF8.self)
        let broken = Array(text.replacing("=======\n", with: "").utf8)
        #expect(
            ContentMerge.resolved(broken, terms, as: rule, path: path, by: .both) == nil)
        #expect(ContentMerge.isOpen(terms, in: broken, as: rule, path: path))
        #expect(!ContentMerge.isOpen(terms, in: Array("a\n".utf8), as: rule, path: path))
    }

    private func side(
        _ text: String, _ milliseconds: Int64, _ device: String, _ terms: ConflictTerms? = nil
    ) -> ContentSide {
        let content = Array(text.utf8)
        return ContentSide(
            content: content,
            stamp: VersionStamp(
                milliseconds: milliseconds, device: device, commit: .zero,
                blob: ObjectID(hashing: content, as: .blob)), terms: terms)
    }

    /// Each of several devices adds a line to the file's end, again and again, and nobody resolves.
    private func appended(
        rounds: Int, by devices: [String], version: Int = MergeIdentity.version,
        check: (ConflictTerms) -> Void
    ) throws -> (text: String, terms: ConflictTerms) {
        var (content, terms) = try conflict()
        var rule = rule
        rule.version = version
        for round in 0..<rounds {
            let text = String(decoding: content, as: UTF8.self)
            let sides = devices.map { device in
                side(text + "\(device) \(round)\n", Int64(10 + round), device, terms)
            }
            let result = ContentMerge.merge(
                base: content, sides[0], sides[1], as: rule, path: path, baseTerms: terms)
            content = try #require(result.content)
            terms = try #require(result.conflict)
            check(terms)
        }
        return (String(decoding: content, as: UTF8.self), terms)
    }

    @Test("takes in what both add beside it, and has no more sides than before")
    func added() throws {
        // The line between the conflict and what is added keeps them apart.
        let (text, terms) = try appended(rounds: 12, by: ["ada", "bob"]) {
            #expect($0.sides.count == 2)
        }
        for round in 0..<12 {
            #expect(text.split(separator: "\n").filter { $0 == "ada \(round)" }.count == 1)
            #expect(text.split(separator: "\n").filter { $0 == "bob \(round)" }.count == 1)
        }
        func resolved(_ choice: ConflictChoice) -> [Substring]? {
            ContentMerge.resolved(Array(text.utf8), terms, as: rule, path: path, by: choice)
                .map { String(decoding: $0, as: UTF8.self).split(separator: "\n") }
        }
        let adas = (0..<12).map { "ada \($0)" }
        let bobs = (0..<12).map { "bob \($0)" }
        #expect(resolved(.ours(of: "ada")) == (["a", "x", "c"] + adas).map { $0[...] })
        #expect(resolved(.ours(of: "bob")) == (["a", "y", "c"] + bobs).map { $0[...] })
        #expect(resolved(.base) == ["a", "b", "c"])
        #expect(resolved(.both) == (["a", "x", "y", "c"] + adas + bobs).map { $0[...] })
    }

    @Test("has a side more for a device that had none in it")
    func third() throws {
        var sides: Set<String> = []
        let (text, _) = try appended(rounds: 3, by: ["ada", "cyd"]) {
            sides = Set($0.sides.map(\.stamp.device))
            #expect($0.sides.count == 3)
        }
        #expect(sides == ["ada", "bob", "cyd"])
        #expect(text.split(separator: "\n").filter { $0 == "cyd 2" }.count == 1)
    }

    @Test("comes before its sides multiply: of the rules of before they stay a few")
    func bounded() throws {
        let (text, _) = try appended(rounds: 12, by: ["ada", "bob"], version: 7) {
            #expect($0.sides.count <= Limits.conflictSides)
        }
        for round in 0..<12 {
            #expect(text.contains("ada \(round)\n") && text.contains("bob \(round)\n"))
        }
        #expect(text.utf8.count < 20_000)
    }
}
