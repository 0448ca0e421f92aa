import SyncModel
import Testing

@testable import SyncWatch

@Suite("The table of watches") struct WatchTableTests {
    private func text(_ table: WatchTable, _ node: WatchTable.Node) -> String? {
        table.path(node).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test("moves a directory with all below it")
    func relink() {
        var table = WatchTable(rootWatch: 1)
        let a = table.insert(WatchTable.root, Array("a".utf8), watch: 2)
        let b = table.insert(a, Array("b".utf8), watch: 3)
        let c = table.insert(WatchTable.root, Array("c".utf8), watch: 4)
        table.relink(a, c, Array("x".utf8))
        #expect(text(table, b) == "c/x/b")
        #expect(text(table, WatchTable.root) == "")
        #expect(table.child(WatchTable.root, Array("a".utf8)) == nil)
        #expect(table.child(c, Array("x".utf8)) == a)
        #expect(table.isAtOrBelow(b, c))
        #expect(!table.isAtOrBelow(c, b))
    }

    @Test("knows no path below an orphan")
    func orphan() {
        var table = WatchTable(rootWatch: 1)
        let a = table.insert(WatchTable.root, Array("a".utf8), watch: 2)
        let b = table.insert(a, Array("b".utf8), watch: 3)
        table.orphan(a)
        #expect(text(table, b) == nil)
        #expect(table.isOrphan(a))
        #expect(!table.isOrphan(b))
        #expect(Set(table.remove(a)) == [2, 3])
        #expect(table.count == 1)
        #expect(table.node(watch: 3) == nil)
    }

    @Test("stays right through many names that come and go")
    func churn() {
        var table = WatchTable(rootWatch: 0)
        var nodes: [String: WatchTable.Node] = [:]
        for number in 0..<20_000 {
            let name = "directory-\(number)"
            nodes[name] = table.insert(WatchTable.root, Array(name.utf8), watch: Int32(number + 1))
            if number >= 500 {
                let old = "directory-\(number - 500)"
                #expect(table.remove(nodes.removeValue(forKey: old)!) == [Int32(number - 499)])
            }
        }
        #expect(table.count == 501)
        for (name, node) in nodes {
            #expect(text(table, node) == name)
            #expect(table.child(WatchTable.root, Array(name.utf8)) == node)
        }
    }
}
