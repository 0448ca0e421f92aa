import SyncModel
import Testing

@testable import SyncMerge

/// Files for records that hold none are texts, and merge as a document does.
@Suite("A text where records could be")
struct TextOfRecordsTests {
    private static let base = "a\nb\nc\nd\ne\nz\n"
    private static let header = "---\nid: 1\n---\n"

    /// A conflict that a merge left, in its file.
    private static func open(
        _ head: String, _ rule: FileRule
    ) throws -> (text: String, terms: ConflictTerms) {
        let text = head + base
        let result = merge(
            text, text.replacing("b\n", with: "X\n"), text.replacing("b\n", with: "Y\n"), as: rule)
        return (try #require(result.text), try #require(result.conflict))
    }

    @Test(
        "a decision about its conflict stands, whatever others edit elsewhere",
        arguments: [FileType.memory, .conversation, .event], ["", header])
    func decided(type: FileType, head: String) throws {
        let rule = FileRule(type)
        let (text, terms) = try Self.open(head, rule)
        let decided = (head + Self.base).replacing("b\n", with: "X\n")
        let captures = [decided, text.replacing("z\n", with: "z2\n")]
        for result in LeafTests.results(LeafTests.history(text, captures, rule, terms: terms)) {
            #expect(result.text == decided.replacing("z\n", with: "z2\n"))
            #expect(result.conflict == nil)
        }
    }

    @Test("it merges as a document, markers never nest", arguments: ["", header])
    func asDocument(head: String) throws {
        let document = FileRule(.document)
        let (text, terms) = try Self.open(head, document)
        let decided = ["X\n", "Y\n", "Z\n"].map {
            (head + Self.base).replacing("b\n", with: $0)
        }
        let around = [text.replacing("z\n", with: "z2\n"), text + "end\n"]
        for captures in [decided, around, around + decided.suffix(1)] {
            func results(_ type: FileType) -> Set<String?> {
                let history = LeafTests.history(text, captures, FileRule(type), terms: terms)
                return Set(LeafTests.results(history).map(\.text))
            }
            #expect(results(.memory) == results(.document))
        }
    }

    @Test("rules before version 9 gave it a conflict more")
    func before() throws {
        var rule = FileRule(.memory)
        rule.version = 8
        let (text, terms) = try Self.open("", rule)
        let captures = [
            Self.base.replacing("b\n", with: "X\n"), text.replacing("z\n", with: "z2\n"),
        ]
        let results = LeafTests.results(LeafTests.history(text, captures, rule, terms: terms))
        #expect(results.allSatisfy { $0.conflict != nil })
    }
}
