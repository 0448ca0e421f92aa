import SyncModel
import Testing

@testable import SyncWatch

@Suite("The table of mounts")
struct MountTableTests {
    @Test("says where something is mounted, whatever the name is")
    func places() {
        let line = "36 35 98:0 /mnt1 /mnt/my\\040notes\\134x rw master:1 - ext3 /dev/root rw"
        #expect(MountTable.place(Array(line.utf8)) == Array("/mnt/my notes\\x".utf8))
        #expect(MountTable.place(Array("36 35".utf8)) == nil)
    }

    @Test("tells of nothing while nothing is mounted, and of what is below a root alone")
    func below() throws {
        let table = try #require(MountTable())
        #expect(table.changes().isEmpty)
        let places = Set(["/tmp/a/b c", "/tmp", "/tmpx", "/tmp/d"].map { Array($0.utf8) })
        let names = MountTable.paths(places, below: "/tmp/../tmp").map(\.text).sorted()
        #expect(names == ["a/b c", "d"])
        #expect(MountTable.paths(places, below: "/tmp/none").isEmpty)
    }
}
