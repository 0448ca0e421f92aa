import Foundation
import SyncModel
import SyncTestKit
import Testing

@testable import SyncTree

/// Programs edit files while apply replaces them with versions from elsewhere: every token that a
/// program wrote must be found in the file or in a snapshot that was captured.
///
extension Serial {
    /// `SYNCD_LIVE_EDITS` sets how many edits a run makes (2,000 unless told).
    @Suite(.serialized) struct LiveWriterTests {
        /// Each edit reads the file, adds a line with a new token, and writes it its own way. What
        /// it read is all it knows: a version that apply lost is not written again.
        private static let program = #"""
            import mmap, os, random, sys, time
            kind, path, count, seed, pause = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6])
            rnd = random.Random(seed)

            def edit(token):
                if kind == "rewrite":
                    with open(path, "r+b") as f:
                        old = f.read(); f.seek(0); f.write(token + old)
                elif kind == "append":
                    with open(path, "ab") as f:
                        f.write(token)
                elif kind == "mmap":
                    f = open(path, "r+b")
                    size = os.fstat(f.fileno()).st_size
                    os.ftruncate(f.fileno(), size + len(token))
                    m = mmap.mmap(f.fileno(), size + len(token))
                    f.close()
                    m[size:] = token
                    m.close()
                elif kind == "truncate":
                    with open(path, "rb") as f: old = f.read()
                    os.truncate(path, 0)
                    with open(path, "r+b") as f: f.write(old + token)
                elif kind == "save":
                    with open(path, "rb") as f: old = f.read()
                    os.rename(path, path + "~")
                    with open(path, "wb") as f: f.write(old + token)
                elif kind == "rename":
                    with open(path, "rb") as f: old = f.read()
                    with open(path + ".new", "wb") as f: f.write(old + token)
                    os.rename(path + ".new", path)

            for i in range(count):
                while True:
                    try:
                        edit(b"%s-%d\n" % (kind.encode(), i)); break
                    except FileNotFoundError:
                        pass
                time.sleep(rnd.random() * pause / 1e6)
            """#

        private static let kinds = ["rewrite", "append", "mmap", "truncate", "save", "rename"]

        /// One file as the engine sees it.
        private struct Known {
            let name: String
            var version: FileVersion?
            var content: [UInt8] = []
        }

        private struct Tally {
            var installs = 0, differs = 0, busy = 0, displaced = 0
            var captured: Set<String> = []

            mutating func capture(_ content: [UInt8]) {
                for line in content.split(separator: 0x0a) {
                    captured.insert(String(decoding: line, as: UTF8.self))
                }
            }
        }

        struct Race: Sendable, CustomTestStringConvertible {
            let name: String
            let abilities: LocalFolder.Abilities
            let edits: Int
            /// The longest pause between two edits of one file, in microseconds.
            let pause: Int
            var testDescription: String { name }
        }

        static let races = [
            Race(
                name: "with leases", abilities: .init(),
                edits: Int(ProcessInfo.processInfo.environment["SYNCD_LIVE_EDITS"] ?? "") ?? 2_000,
                pause: 3_000),
            Race(
                name: "without exchange", abilities: .init(exchange: false), edits: 600,
                pause: 3_000),
            // A file younger than a clock's tick is left alone, so edits have to pause longer.
            Race(
                name: "without leases", abilities: .init(leases: false), edits: 300, pause: 80_000),
        ]

        @Test("no edit of a live writer is lost to apply", arguments: races)
        func nothingLost(race: Race) throws {
            let seed = SeededRandom.seed(for: "live writers \(race.name)")
            let sandbox = Sandbox()
            let folder = try sandbox.folder(abilities: race.abilities)
            let count = race.edits / Self.kinds.count
            var files: [Known] = []
            for kind in Self.kinds {
                sandbox.write(kind, "")
                files.append(Known(name: kind, version: version("")))
            }
            let writers = try Self.kinds.enumerated().map { index, kind in
                let writer = Process()
                writer.executableURL = URL(fileURLWithPath: "/usr/bin/env")
                writer.arguments = [
                    "python3", "-c", Self.program, kind, sandbox.root + "/" + kind, "\(count)",
                    "\(seed &+ UInt64(index))", "\(race.pause)",
                ]
                try writer.run()
                return writer
            }
            var tally = Tally()
            var round = 0
            let deadline = ContinuousClock.now + .seconds(300)
            // One more round after all have ended, then whatever is displaced still.
            var isLast = false
            while !isLast {
                isLast = writers.allSatisfy { !$0.isRunning }
                round += 1
                for index in files.indices { try apply(round, &files[index], folder, &tally) }
                if round.isMultiple(of: race.abilities.leases ? 3 : 50) {
                    try settle(folder, &tally)
                }
                try #require(ContinuousClock.now < deadline)
            }
            for writer in writers { #expect(writer.terminationStatus == 0) }
            try settleAll(folder, race, &tally)
            for kind in Self.kinds { tally.capture(Array((sandbox.text(kind) ?? "").utf8)) }
            var lost: [String] = []
            for kind in Self.kinds {
                lost += (0..<count).map { "\(kind)-\($0)" }.filter { !tally.captured.contains($0) }
            }
            print(
                "live writers \(race.name): \(count * Self.kinds.count) edits, lost \(lost.count);",
                "\(tally.installs) installs, \(tally.differs) differed, \(tally.busy) busy,",
                "\(tally.displaced) displaced edits")
            #expect(lost.isEmpty, "seed \(seed): \(lost.prefix(10))")
            #expect(tally.installs > count / 10 && tally.differs > 0)
            if race.abilities.leases {
                #expect(sandbox.stagingNames.isEmpty)
            }
        }

        /// One try to bring a version from elsewhere, which holds all that was captured here.
        private func apply(
            _ round: Int, _ file: inout Known, _ folder: LocalFolder, _ tally: inout Tally
        ) throws {
            let lines = file.content.split(separator: 0x0a, omittingEmptySubsequences: false)
                .filter { !$0.starts(with: Array("remote".utf8)) }
            let content = Array(lines.joined(separator: [0x0a])) + Array("remote-\(round)\n".utf8)
            let version = FileVersion(mode: .regular, id: ObjectID(hashing: content, as: .blob))
            let staged = try folder.stage(content, as: version, modified: commitTime)
            defer { folder.discard(staged) }
            switch try folder.install(staged, at: path(file.name), replacing: file.version) {
            case .done:
                tally.installs += 1
                (file.version, file.content) = (version, content)
            case .busy: tally.busy += 1
            case .obstructed, .inUse: Issue.record("obstructed, or a database in use")
            case .differs:
                tally.differs += 1
                try capture(&file, folder, &tally)
            }
        }

        /// What stands at the path becomes what the engine knows of it.
        private func capture(
            _ file: inout Known, _ folder: LocalFolder, _ tally: inout Tally
        ) throws(FolderError) {
            let snapshot: FileSnapshot
            do throws(FolderError) { snapshot = try folder.read(path(file.name)) } catch {
                if error.code == .busy { return }
                guard error.code == .notFound else { throw error }
                (file.version, file.content) = (nil, [])
                return
            }
            tally.capture(snapshot.content)
            file.version = snapshot.version(like: nil)
            file.content = snapshot.content
        }

        private func settle(_ folder: LocalFolder, _ tally: inout Tally) throws {
            for edit in try folder.recheckDisplaced() {
                tally.displaced += 1
                tally.capture(edit.snapshot.content)
                try folder.forget(edit)
            }
        }

        /// Resolves until everything has been read once more and nothing new came of it.
        private func settleAll(_ folder: LocalFolder, _ race: Race, _ tally: inout Tally) throws {
            let deadline = ContinuousClock.now + .seconds(60)
            let quiet = ContinuousClock.now + .milliseconds(race.abilities.leases ? 0 : 100)
            var before = -1
            while before != tally.displaced || folder.displacedCount > 0 {
                before = tally.displaced
                try settle(folder, &tally)
                if !race.abilities.leases, ContinuousClock.now > quiet, before == tally.displaced {
                    return
                }
                try #require(ContinuousClock.now < deadline)
            }
        }
    }
}
