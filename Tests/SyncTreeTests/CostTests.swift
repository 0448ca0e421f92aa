import Foundation
import SyncModel
import Testing

@testable import SyncTree

extension Serial {
    /// What the calls cost. Run by `SYNCD_COST=<number of files>` with a release build.
    @Suite(
        .serialized,
        .enabled(
            if: ProcessInfo.processInfo.environment["SYNCD_COST"] != nil, "SYNCD_COST is not set")
    )
    struct CostTests {
        let sandbox = Sandbox()
        let count = Int(ProcessInfo.processInfo.environment["SYNCD_COST"] ?? "") ?? 10_000

        private func measure(_ what: String, per count: Int, _ body: () throws -> Void) throws {
            let time = try ContinuousClock().measure(body)
            let (seconds, attoseconds) = time.components
            let micros = (Double(seconds) + Double(attoseconds) / 1e18) * 1e6 / Double(count)
            print("cost: \(what): \(String(format: "%.2f", micros)) µs each, \(count) in \(time)")
        }

        @Test("listing a tree, a hundred files a directory")
        func listing() throws {
            let folder = try sandbox.folder()
            for directory in 0..<(count / 100) {
                mkdir(sandbox.root + "/d\(directory)", 0o755)
                for file in 0..<100 {
                    close(creat(sandbox.root + "/d\(directory)/file\(file).md", 0o644))
                }
            }
            for pass in ["first", "warm"] {
                var found = 0
                try measure("list (\(pass))", per: count) { () throws in
                    for directory in try folder.list(nil) {
                        found += try folder.list(TreePath(directory.name)).count
                    }
                }
                #expect(found == count / 100 * 100)
            }
            let rules = IgnoreRules(patterns: ["vectors/", "*.tmp"])
            var ignored = 0
            try measure("ignore rules", per: count) { () throws in
                for directory in try folder.list(nil) {
                    let above = try #require(TreePath(directory.name))
                    for entry in 0..<100 {
                        guard let place = above.appending(Array("file\(entry).md".utf8)) else {
                            continue
                        }
                        if rules.isEntryIgnored(place, isDirectory: false) { ignored += 1 }
                    }
                }
            }
            #expect(ignored == 0)
        }

        @Test("reading with and without a lease, staging, installing, replacing, settling")
        func files() throws {
            let count = min(count, 10_000)
            let folder = try sandbox.folder()
            let text = String(repeating: "x", count: 2_048)
            let bytes = Array(text.utf8)
            let first = version(text)
            let second = FileVersion(mode: .executable, id: first.id)
            let paths = (0..<count).map { path("d\($0 % 100)/file\($0)") }
            var staged: [StagedFile] = []
            try measure("stage 2 KiB", per: count) { () throws in
                for _ in paths {
                    staged.append(try folder.stage(bytes, as: first, modified: commitTime))
                }
            }
            try measure("flush staged", per: count) { () throws in try folder.flush(staged) }
            try measure("install new", per: count) { () throws in
                for (file, place) in zip(staged, paths) {
                    #expect(try folder.install(file, at: place, replacing: nil).isDone)
                }
            }
            try measure("read with a lease", per: count) { () throws in
                for place in paths { _ = try folder.read(place) }
            }
            let plain = try LocalFolder(root: sandbox.root, abilities: .init(leases: false))
            try measure("read without", per: count) { () throws in
                for place in paths { _ = try plain.read(place) }
            }
            staged = try paths.map { _ in
                try folder.stage(bytes, as: second, modified: commitTime)
            }
            try measure("replace", per: count) { () throws in
                for (file, place) in zip(staged, paths) {
                    #expect(try folder.install(file, at: place, replacing: first).isDone)
                }
            }
            try measure("settle", per: count) { () throws in
                #expect(try folder.recheckDisplaced().isEmpty)
            }
            try measure("remove", per: count) { () throws in
                for place in paths {
                    #expect(try folder.remove(place, expecting: second).isDone)
                }
            }
            try measure("settle", per: count) { () throws in
                #expect(try folder.recheckDisplaced().isEmpty)
            }
            #expect(sandbox.stagingNames.isEmpty)
        }
    }
}
