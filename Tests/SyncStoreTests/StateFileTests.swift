import Foundation
import SyncModel
import SyncStore
import SyncTestKit
import Testing

@Suite struct StateFileTests {
    private func file(
        _ path: TreePath, modified: Int64 = 1_770_572_700_000_000_000, source: String? = nil
    ) -> TrackedFile {
        TrackedFile(
            path: path, version: FileVersion(mode: .regular, id: StateSamples.id(1)),
            stat: FileStat(
                kind: .file(executable: false), size: 4096, modified: modified, changed: 0,
                inode: 1, device: 1), checked: 0, sha256: SHA256Digest.of([]), source: source)
    }

    private func parsed(_ bytes: [UInt8]) throws -> [String: Any] {
        try #require(JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
    }

    @Test("an empty vault has all keys in their order")
    func empty() throws {
        let text = String(decoding: StateFile().rendered(), as: UTF8.self)
        #expect(
            text == """
                {
                  "version": "1.0.0",
                  "last_sync": {"local_to_remote": null, "remote_to_local": null},
                  "files": {},
                  "pending_conflicts": [],
                  "resolved_conflicts": [],
                  "sync_health": {"status": "healthy", "last_error": null, \
                "consecutive_failures": 0}
                }

                """)
    }

    @Test("a full picture is written to the letter")
    func full() throws {
        var state = StateFile()
        state.lastSync.localToRemote = "2026-02-08T17:48:00Z"
        state.files = [
            file(try StateSamples.path("shared/memories/user_valentin/memories.json")),
            file(try StateSamples.path("b"), source: "laptop"),
        ]
        state.fileCount = 12
        state.pendingConflicts = [
            OpenConflict(
                id: "c1", path: try StateSamples.path("x/y"), type: "document", kind: .addAdd,
                rule: "text", base: nil, ours: StateSamples.id(1), theirs: StateSamples.id(2),
                oursDevice: "laptop", theirsDevice: "desk", detectedAt: "2026-02-08T17:48:00Z")
        ]
        state.resolvedConflicts = [try StateSamples.resolved(1), try StateSamples.resolved(2)]
        state.syncHealth.lastError = "say \"no\""
        state.syncHealth.consecutiveFailures = 3
        let (one, two) = (StateSamples.id(1).hex, StateSamples.id(2).hex)
        let hash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        let entry = "\"hash\": \"sha256:\(hash)\", \"size\": 4096, "
        let when = "\"last_modified\": \"2026-02-08T17:45:00Z\""
        let text = String(decoding: state.rendered(), as: UTF8.self)
        #expect(
            text == """
                {
                  "version": "1.0.0",
                  "last_sync": {"local_to_remote": "2026-02-08T17:48:00Z", "remote_to_local": null},
                  "files": {
                    "shared/memories/user_valentin/memories.json": \
                {\(entry)\(when), "source": "local"},
                    "b": {\(entry)\(when), "source": "laptop"}
                  },
                  "files_omitted": 10,
                  "pending_conflicts": [
                    {"id": "c1", "path": "x/y", "type": "document", "kind": "add-add", \
                "rule": "text", "base": null, "ours": "\(one)", "theirs": "\(two)", \
                "ours_device": "laptop", \
                "theirs_device": "desk", "detected_at": "2026-02-08T17:48:00Z", "status": "open"}
                  ],
                  "resolved_conflicts": [
                    {"file": "shared/settings/1.json", "type": "simple", \
                "local_timestamp": "2026-02-08T17:45:1Z", \
                "remote_timestamp": "2026-02-08T17:46:1Z", \
                "winner": "remote", "action": "overwrite_local", "loser": "\(one)", \
                "commit": "\(two)"},
                    {"file": "shared/settings/2.json", "type": "simple", \
                "local_timestamp": "2026-02-08T17:45:2Z", \
                "remote_timestamp": "2026-02-08T17:46:2Z", \
                "winner": "local", "action": "overwrite_remote", "loser": null, \
                "commit": "\(StateSamples.id(3).hex)"}
                  ],
                  "sync_health": {"status": "healthy", "last_error": "say \\"no\\"", \
                "consecutive_failures": 3}
                }

                """)
        _ = try parsed(state.rendered())
    }

    @Test(
        "any name is a key of its own in valid JSON",
        arguments: [
            ("plain", "plain"), ("ä/漢字/😀", "ä/漢字/😀"), ("q\"b\\s", "q\"b\\s"),
            ("a\nb\tc\rd", "a\nb\tc\rd"), ("\u{1}\u{1f}\u{7f}", "\u{1}\u{1f}\u{7f}"),
            ("\u{2028}\u{fffd}", "\u{2028}\u{fffd}"),
        ])
    func names(name: String, key: String) throws {
        var state = StateFile()
        state.files = [file(try StateSamples.path(name))]
        let files = try #require(parsed(state.rendered())["files"] as? [String: Any])
        #expect(Array(files.keys) == [key])
    }

    @Test(
        "a byte that is not UTF-8 is shown by its digits",
        arguments: [
            ([0x63, 0x61, 0x66, 0xe9], "caf\u{fffd}e9"), ([0x80], "\u{fffd}80"),
            ([0xc0, 0xaf], "\u{fffd}c0\u{fffd}af"), ([0xe2, 0x82], "\u{fffd}e2\u{fffd}82"),
            ([0xe2, 0x82, 0xac], "€"), ([0xed, 0xa0, 0x80], "\u{fffd}ed\u{fffd}a0\u{fffd}80"),
            ([0xf4, 0x90, 0x80, 0x80], "\u{fffd}f4\u{fffd}90\u{fffd}80\u{fffd}80"),
            ([0xf0, 0x9f, 0x98, 0x80], "😀"),
            ([0xf0, 0x9f, 0x98, 0x41], "\u{fffd}f0\u{fffd}9f\u{fffd}98A"),
        ] as [([UInt8], String)])
    func notUTF8(bytes: [UInt8], key: String) throws {
        var state = StateFile()
        state.files = [file(try #require(TreePath(bytes)))]
        let files = try #require(parsed(state.rendered())["files"] as? [String: Any])
        #expect(Array(files.keys) == [key])
    }

    @Test("any bytes at all give valid JSON", arguments: 1...20 as ClosedRange<UInt64>)
    func noise(seed: UInt64) throws {
        var numbers = SeededRandom(seed: seed)
        var state = StateFile()
        state.files = (0..<100).compactMap { _ in
            let bytes = (0..<12).map { _ in UInt8.random(in: 1...255, using: &numbers) }
            return TreePath(bytes).map { file($0) }
        }
        let bytes = state.rendered()
        #expect(String(validating: bytes, as: UTF8.self) != nil)
        let files = try #require(parsed(bytes)["files"] as? [String: Any])
        #expect(files.count == state.files.count)
    }

    @Test(
        "times are UTC in whole seconds, before 1970 too",
        arguments: [
            (0, "1970-01-01T00:00:00Z"), (-1, "1969-12-31T23:59:59Z"),
            (951_782_399_999_999_999, "2000-02-28T23:59:59Z"),
            (951_868_799_000_000_000, "2000-02-29T23:59:59Z"),
            (4_102_444_800_000_000_000, "2100-01-01T00:00:00Z"),
            (Int64.min, "1677-09-21T00:12:43Z"), (Int64.max, "2262-04-11T23:47:16Z"),
        ] as [(Int64, String)])
    func times(nanoseconds: Int64, text: String) throws {
        var state = StateFile()
        state.files = [file(try StateSamples.path("a"), modified: nanoseconds)]
        let files = try #require(parsed(state.rendered())["files"] as? [String: [String: Any]])
        #expect(files["a"]?["last_modified"] as? String == text)
    }

    @Test("files past the limit are left out and counted")
    func omitted() throws {
        var state = StateFile()
        state.files = try (0..<(Limits.stateFiles + 3)).map {
            file(try StateSamples.path("f\($0)"))
        }
        state.fileCount = 20_000
        let picture = try parsed(state.rendered())
        #expect((picture["files"] as? [String: Any])?.count == Limits.stateFiles)
        #expect(picture["files_omitted"] as? Int == 20_000 - Limits.stateFiles)
    }

    @Test("writing the same again does nothing; a change, a wrong mode or a loss is mended")
    func write() throws {
        let place = try TemporaryPlace()
        let path = place.path("state.json")
        let bytes = StateFile().rendered()
        func inode() throws -> Int? {
            try FileManager.default.attributesOfItem(atPath: path)[.systemFileNumber] as? Int
        }
        #expect(try StateFile.write(bytes, to: path))
        let first = try inode()
        #expect(try !StateFile.write(bytes, to: path))
        #expect(try inode() == first)
        #expect(try StateFile.write(bytes + [0x0a], to: path))
        #expect(try place.bytes("state.json") == bytes + [0x0a])
        chmod(path, 0o644)
        #expect(try StateFile.write(bytes + [0x0a], to: path))
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions]
        #expect(mode as? Int == 0o600)
        var other = bytes + [0x0a]
        other[0] = 0x5b
        #expect(try StateFile.write(other, to: path))
        #expect(try place.bytes("state.json") == other)
        unlink(path)
        #expect(try StateFile.write(other, to: path))
        #expect(try place.names() == ["state.json"])
    }

    @Test("what a killed writer left and links in the way are replaced, never followed")
    func leftovers() throws {
        let place = try TemporaryPlace()
        try place.write("precious", [1])
        symlink("precious", place.path("state.json"))
        symlink("precious", place.path("state.json.new"))
        #expect(try StateFile.write([0x7b, 0x7d], to: place.path("state.json")))
        #expect(try place.bytes("precious") == [1])
        #expect(try place.bytes("state.json") == [0x7b, 0x7d])
        #expect(try place.names() == ["precious", "state.json"])
    }
}
