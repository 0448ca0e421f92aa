import SyncModel
import SyncTestKit
import Testing

@testable import SyncEngine
@testable import SyncMerge

@Suite("The message of a merge")
struct MergeMessageTests {
    private static let first = StateSamples.id(1)
    private static let second = StateSamples.id(2)
    private static let blob = StateSamples.id(3)
    private static let commit = StateSamples.id(4)

    private static func loss(
        _ path: String, kind: MergeLoss.Kind = .content, blob: ObjectID? = blob,
        copy: String? = nil, type: FileType = .simple
    ) throws -> MergeLoss {
        func stamp(_ blob: ObjectID?) -> VersionStamp {
            VersionStamp(milliseconds: 1, device: "linden", commit: commit, blob: blob)
        }
        return MergeLoss(
            path: try StateSamples.path(path), kind: kind,
            loser: blob.map { FileVersion(mode: .regular, id: $0) }, loserStamp: stamp(blob),
            winnerStamp: stamp(nil), copy: try copy.map { try StateSamples.path($0) }, type: type)
    }

    @Test("is the same text for the same merge, and says how many versions were settled")
    func text() throws {
        let text = MergeMessage.text(
            Self.first, Self.second,
            [
                try Self.loss("a.json"),
                try Self.loss("b.md", kind: .deleteModify, blob: nil, type: .document),
                try Self.loss("c.jpg", kind: .addAdd, copy: "c.conflict-1234abcd.jpg"),
            ])
        #expect(
            text == """
                merged \(Self.first.short) and \(Self.second.short), 2 settled

                content (simple): a.json lost \(Self.blob.hex) of \(Self.commit.hex)
                delete-modify (document): b.md kept against its deletion in \(Self.commit.hex)
                add-add (simple): c.jpg lost \(Self.blob.hex) of \(Self.commit.hex), \
                kept as c.conflict-1234abcd.jpg

                Sync-Merge-Version: \(MergeIdentity.version)

                """)
        let none = MergeMessage.text(Self.first, Self.second, [])
        #expect(none.split(separator: "\n").count == 2 && MergeMessage.losses(in: none).isEmpty)
    }

    @Test(
        "reads back, whatever a path is called",
        arguments: [
            "a", "notes/a b.md", "notes (old): new.md", "é/日本.md", "a\\b", " lost ", "x lost y.md",
            "lost of lost.md", "a kept against its deletion in b.md", ", kept as c", "(simple): a",
            "content (simple): b lost c of d", "\"quoted\".md", "-", "#1",
        ], [(true, nil), (true, "copy lost of it.md"), (false, nil)] as [(Bool, String?)])
    func roundTrip(path: String, loser: (isThere: Bool, copy: String?)) throws {
        let losses = [
            try Self.loss(path, blob: loser.isThere ? Self.blob : nil, copy: loser.copy),
            try Self.loss("z", type: .memory),
        ]
        let found = MergeMessage.losses(in: MergeMessage.text(Self.first, Self.second, losses))
        #expect(found.map(\.path.text) == [path, "z"])
        #expect(found.map(\.type) == ["simple", "memory"])
        #expect(found.map(\.blob) == [loser.isThere ? Self.blob : nil, Self.blob])
        #expect(found.allSatisfy { $0.commit == Self.commit })
    }

    @Test("leaves out a path that was written in other words", arguments: ["a\nb", "\u{1b}[31m"])
    func controls(path: String) throws {
        let text = MergeMessage.text(
            Self.first, Self.second, [try Self.loss(path), try Self.loss("b")])
        #expect(!text.contains("\u{1b}"))
        #expect(MergeMessage.losses(in: text).map(\.path.text) == ["b"])
    }

    @Test(
        "lists nothing for a line that is not one of ours",
        arguments: [
            "content (simple): a lost x of y", "content (simple): a lost ", "a lost b",
            "content (simple): a", "): (", "content (simple):  kept against its deletion in ",
            "content (simple): ../a lost \(blob.hex) of \(commit.hex)",
            "content (simple): a lost \(blob.hex) of \(commit.hex)0",
        ])
    func others(line: String) { #expect(MergeMessage.losses(in: line).isEmpty) }
}
