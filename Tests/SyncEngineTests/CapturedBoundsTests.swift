import SyncEngine
import SyncMerge
import SyncModel
import SyncTestKit
import Testing

@Suite("Captured versions are read where a merge looks at them")
struct CapturedBoundsTests {
    private static let base = "a\nb\nc\nd\ne\n"

    /// Whether a merge of what two devices made with a third's version reads the first one's.
    /// - Parameter size: what that is said to have, in bytes.
    private func isRead(_ name: String, size: Int? = nil) throws -> Bool {
        let history = SmallHistory()
        let repository = history.repository
        let texts = ["a", "c", "e"].map { Self.base.replacing("\($0)\n", with: "\($0)!\n") }
        let base = try history.commit([name: Self.base], time: 1_000)
        let tips = try texts.enumerated().map { index, text in
            try history.commit(
                [name: text], on: [base], time: 2_000 + Int64(index), device: "d\(index)")
        }
        let both = try CommitMerge(repository).merge(tips[0], tips[1]).commit
        let reader = CountingReader(repository)
        let blob = ObjectID(hashing: Array(texts[0].utf8), as: .blob)
        reader.sizes[blob] = size
        let stamps = CommitStamps(reading: reader)
        let sides = try [tips[2], both].map {
            MergeSide(commit: $0, tree: try repository.commit($0).tree)
        }
        let tree = try repository.commit(base).tree
        let pack = try repository.beginPack()
        let rule = try RuleByType(
            reading: reader, writing: pack, stamps: stamps,
            .init(base: tree, of: [base], first: sides[0], second: sides[1]))
        _ = try TreeMerge(reading: reader, stamps: stamps, rule: rule)
            .merge(base: tree, first: sides[0], second: sides[1])
        try pack.finish()
        return reader.objects.contains(blob)
    }

    @Test("of a simple file none is; of a document none past its bound")
    func bounds() throws {
        #expect(try isRead("a.md"))
        #expect(try isRead("a.md", size: 4 * Limits.documentSize - 100))
        #expect(try !isRead("a.md", size: 4 * Limits.documentSize))
        #expect(try !isRead("shared/settings/a.txt"))
    }
}
