import Foundation
import SyncModel
import SyncStore
import Testing

@Suite("The note of what is taken in")
struct IntakeFileTests {
    @Test("stands there for the next process, and a shorter one leaves nothing of a longer")
    func written() throws {
        let place = try TemporaryPlace()
        let path = place.path("intake")
        let file = try IntakeFile(path)
        #expect(try file.read() == nil)
        let long = String(repeating: "x", count: Limits.intakeNote - 1)
        for (text, isDurable) in [(long, true), ("short", false), (long, false)] {
            try file.write(text, isDurable: isDurable)
            #expect(try IntakeFile(path, isReadOnly: true).read() == text)
        }
        try file.write(nil, isDurable: false)
        #expect(try IntakeFile(path).read() == nil)
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        #expect(attributes[.size] as? Int == Limits.intakeNote)
    }

    @Test("what somebody else put there is a line like any other, and never more than its bound")
    func foreign() throws {
        let place = try TemporaryPlace()
        let path = place.path("intake")
        for bytes in [[0xff, 0xfe, 0x0a], [UInt8](repeating: 0x41, count: 10_000), [0x0a]] {
            try Data(bytes).write(to: URL(filePath: path))
            let line = try IntakeFile(path).read()
            #expect((line ?? "").utf8.count <= Limits.intakeNote)
        }
    }

    @Test("one that is a link, or not there to be looked at, is no note")
    func refused() throws {
        let place = try TemporaryPlace()
        let path = place.path("intake")
        #expect(throws: StateStoreError.self) { try IntakeFile(path, isReadOnly: true) }
        try FileManager.default.createSymbolicLink(
            atPath: path, withDestinationPath: place.path("elsewhere"))
        #expect(throws: StateStoreError.self) { try IntakeFile(path) }
    }
}
