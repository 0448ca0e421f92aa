import SyncModel
import SyncTestKit
import Testing

@testable import SyncRemote

@Suite("Packets")
struct PacketTests {
    /// What a reader gives of bytes that come in pieces of a size.
    private func read(_ bytes: [UInt8], pieces: Int) throws(RemoteError) -> [String] {
        var reader = PacketReader()
        var found: [String] = []
        for start in stride(from: 0, to: bytes.count, by: pieces) {
            let piece = Array(bytes[start..<min(start + pieces, bytes.count)])
            let result = piece.withUnsafeBytes { raw in
                Result { () throws(RemoteError) in
                    try reader.feed(raw) { packet throws(RemoteError) in
                        switch packet {
                        case .flush: found.append("<flush>")
                        case .delimiter: found.append("<delimiter>")
                        case .end: found.append("<end>")
                        case .data: found.append(packet.line ?? "")
                        }
                    }
                }
            }
            try result.get()
        }
        if !reader.isWhole { found.append("<more>") }
        return found
    }

    @Test("packets are the same wherever the pieces end", arguments: 1...40)
    func pieces(_ size: Int) throws {
        var writer = PacketWriter()
        writer.line("command=ls-refs")
        writer.delimiter()
        writer.line("ref-prefix refs/heads/sync")
        writer.data([])
        writer.flush()
        writer.line("next")
        let expected = [
            "command=ls-refs", "<delimiter>", "ref-prefix refs/heads/sync", "", "<flush>", "next",
        ]
        #expect(try read(writer.bytes, pieces: size) == expected)
        #expect(try read(Array(writer.bytes.dropLast()), pieces: size).last == "<more>")
    }

    @Test(
        "a server lacks an object where it says so, and what else it says is told as it is",
        arguments: [
            (["acknowledgments", "NAK"], nil), (["acknowledgments", "ACK 1234"], nil),
            (["ERR upload-pack: not our ref 1234"], ("lacks some", "give it its history back")),
            (["ERR access denied"], ("it says: access denied", nil)),
            ([], ("does not say whether it has", nil)),
            (["NAK"], ("does not say whether it has", nil)),
        ] as [([String], (cause: String, hint: String?)?)])
    func possession(lines: [String], refusal: (cause: String, hint: String?)?) throws {
        var failure: RemoteError?
        do throws(RemoteError) {
            var answer = PossessionAnswer()
            for line in lines { try answer.take(line) }
            try answer.finish()
        } catch { failure = error }
        #expect(failure?.cause.contains(refusal?.cause ?? "-") == (refusal == nil ? nil : true))
        #expect(
            failure?.hint?.contains(refusal?.hint ?? "-") == (refusal?.hint == nil ? nil : true))
    }

    @Test("the largest packet goes through, written and read")
    func largest() throws {
        var writer = PacketWriter()
        writer.data(Array(repeating: 0x61, count: Packet.mostBytes - 4))
        #expect(writer.bytes.count == 65_520)
        #expect(try read(writer.bytes, pieces: 1000).first?.count == 65_516)
    }

    @Test(
        "what is no packet is refused",
        arguments: ["zzzz", "0003", "fff1", "ffff", "HTTP", "\0\0\0\0", "000g", "-001", " 004"])
    func garbage(_ text: String) {
        let error = #expect(throws: RemoteError.self) { try read(Array(text.utf8), pieces: 4) }
        #expect(error?.code == .corrupt)
    }

    @Test("garbage never traps, whatever reads it", arguments: 0..<200)
    func noise(_ seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var bytes: [UInt8] = []
        for _ in 0..<Int.random(in: 1...8, using: &random) {
            let count = Int.random(in: 0...40, using: &random)
            let noise = (0..<count).map { _ in
                Bool.random(using: &random)
                    ? UInt8.random(in: 0...255, using: &random)
                    : Array("0123456789abcdef NAKCERok\0\n".utf8).randomElement(using: &random)!
            }
            var writer = PacketWriter()
            Bool.random(using: &random) ? writer.data(noise) : writer.flush()
            bytes += writer.bytes
        }
        let servers = [
            Advertisement(version: 2),
            Advertisement(capabilities: ["side-band-64k": "", "report-status": ""]),
            Advertisement(capabilities: ["report-status": ""]),
        ]
        for server in servers {
            var advertisement = AdvertisementReader { _ in true }
            var references = ReferencesReader { _ in true }
            var objects = ObjectsReader(server)
            var report = PushReport(server)
            var packets = PacketReader()
            bytes.withUnsafeBytes { raw in
                do throws(RemoteError) {
                    try packets.feed(raw) { packet throws(RemoteError) in
                        // Each may refuse what comes; none may end the program.
                        do throws(RemoteError) { try advertisement.take(packet) } catch {}
                        do throws(RemoteError) { try references.take(packet) } catch {}
                        do throws(RemoteError) { try report.take(packet) } catch {}
                        do throws(RemoteError) {
                            try objects.take(packet) { _ throws(RemoteError) in }
                        } catch {}
                    }
                } catch { Issue.record("\(error)") }
            }
            let said = [report.words.text, objects.words.text, report.unpackFailure ?? ""]
            for words in said { #expect(words.unicodeScalars.allSatisfy { $0.value >= 0x20 }) }
        }
    }
}
