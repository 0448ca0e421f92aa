import SyncModel
import Testing

@testable import SyncGit

@Suite("What comes of a pack")
struct PackGaugeTests {
    private func taken(_ bytes: [UInt8], cut: Int, mostBytes: Int, mostObjects: Int) -> Bool {
        var gauge = PackGauge(mostBytes: mostBytes, mostObjects: mostObjects)
        for start in stride(from: 0, to: bytes.count, by: cut) {
            let piece = bytes[start..<min(start + cut, bytes.count)]
            let isTaken = piece.withUnsafeBytes { raw in
                do throws(RepositoryError) {
                    try gauge.take(raw)
                    return true
                } catch { return false }
            }
            if !isTaken { return false }
        }
        return gauge.bytes == bytes.count
    }

    @Test(
        "is refused for its bytes and for the objects that it says it has, however it is cut",
        arguments: [
            (0, 100, true), (7, 100, true), (8, 100, false), (1 << 24, 100, false), (7, 32, true),
            (7, 31, false), (255 << 24, 1000, false),
        ] as [(Int, Int, Bool)], [1, 5, 12, 13, 100])
    func bounds(pack: (objects: Int, mostBytes: Int, isTaken: Bool), cut: Int) {
        let count = [24, 16, 8, 0].map { UInt8(pack.objects >> $0 & 255) }
        let bytes = Array("PACK".utf8) + [0, 0, 0, 2] + count + [UInt8](repeating: 0, count: 20)
        let found = taken(bytes, cut: cut, mostBytes: pack.mostBytes, mostObjects: 7)
        #expect(found == pack.isTaken)
    }
}

@Suite("What an object of a pack refers to")
struct NamedObjectsTests {
    private static let id = ObjectID(hashing: [], as: .blob)

    private func named(_ text: String) -> [ObjectID]? {
        let bytes = Array(text.utf8) + [0] + Self.id.bytes
        return bytes.withUnsafeBytes { NamedObjects.inTree($0) }
    }

    @Test(
        "is what a tree's entries name, but for what git takes for another repository's commit",
        arguments: [
            ("100644 a", true), ("40000 a", true), ("040000 a", true), ("100755 160000 ", true),
            ("120000 a", true), ("160000 a", false), ("0160000 a", false), ("1006424 a", false),
            ("100664 a", true), ("777777 a", false), ("0 a", false), ("160000a", true),
            ("x a", true),
        ])
    func modes(entry: String, isNamed: Bool) {
        #expect(named(entry) == (isNamed ? [Self.id] : []))
    }

    @Test("is nothing in what is cut")
    func cut() {
        let bytes = Array("100644 a\0".utf8) + Self.id.bytes.dropLast()
        #expect(bytes.withUnsafeBytes { NamedObjects.inTree($0) } == nil)
        #expect([UInt8]().withUnsafeBytes { NamedObjects.inTree($0) } == [])
    }

    @Test(
        "is what a commit's first lines name, read as the reader of commits reads them",
        arguments: [
            ("tree ID\nparent ID\nauthor", 2), ("tree ID\n parent ID\nauthor", 1),
            ("tree ID\n\nparent ID", 1), ("tree ID\nauthor\nparent ID", 1),
            ("tree ID\nparent  ID\n", nil), ("tree ID\nparent\n", nil), ("tree  ID\n", nil),
            ("tree ID \n", nil), (" tree ID\n", nil), ("tree ID\nparent 012\n", nil),
            ("object ID\ntype commit\n", 1), ("", nil),
        ])
    func lines(text: String, count: Int?) {
        let bytes = Array(text.replacing("ID", with: Self.id.hex).utf8)
        #expect(bytes.withUnsafeBytes { NamedObjects.inLines($0) }?.count == count)
        if text.hasPrefix("object") { return }
        let commit = try? Commit(parsing: bytes)
        #expect(commit.map { 1 + $0.parents.count } == count)
    }
}
