import SyncModel
import SyncTestKit
import Testing

@testable import SyncEngine

/// Tables of cases: what a folder has, what it shall have, and the steps in the order they are
/// taken. `a=x` is a file `a` with the content x, `a*=x` the same as a program, `a@=x` a link,
/// `a/` an empty directory.
@Suite("The plan of an apply")
struct ApplyPlanTests {
    private static func versions(_ text: String) throws -> [TreePath: FileVersion] {
        var found: [TreePath: FileVersion] = [:]
        for word in text.split(separator: " ") {
            if word.hasSuffix("/") {
                found[try StateSamples.path(String(word.dropLast()))] = .emptyDirectory
                continue
            }
            let parts = word.split(separator: "=")
            let mode: FileMode =
                switch parts[0].last {
                case "*": .executable
                case "@": .symbolicLink
                default: .regular
                }
            let name = mode == .regular ? parts[0] : parts[0].dropLast()
            found[try StateSamples.path(String(name))] = FileVersion(
                mode: mode, id: ObjectID(hashing: Array(parts[1].utf8), as: .blob))
        }
        return found
    }

    private static func plan(_ have: String, _ want: String) throws -> ApplyPlan {
        let (old, new) = (try versions(have), try versions(want))
        let steps = Set(old.keys).union(new.keys).sorted().map { path in
            let row = old[path].map { version in
                TrackedFile(
                    path: path, version: version,
                    stat: FileStat(
                        kind: .file(executable: false), size: 0, modified: 0, changed: 0, inode: 1,
                        device: 1),
                    checked: 0, sha256: [])
            }
            return ApplyStep(path: path, have: row, want: new[path], base: nil)
        }
        return ApplyPlan(steps)
    }

    /// The plan in words: `clear a, mode b, install c, remove d, directory e, is f`.
    private static func words(_ plan: ApplyPlan) -> String {
        let groups: [(String, [TreePath])] = [
            ("clear", plan.clearing.map(\.path)), ("mode", plan.modes.map(\.path)),
            ("install", plan.installs.map(\.path)), ("remove", plan.removals.map(\.path)),
            ("directory", plan.directories.map(\.path)), ("is", plan.upToDate),
        ]
        return groups.flatMap { name, paths in paths.map { "\(name) \($0)" } }
            .joined(separator: ", ")
    }

    @Test(
        "takes the steps in an order in which nothing is missing meanwhile",
        arguments: [
            ("", "", ""), ("a=x", "a=x", "is a"), ("", "a=x", "install a"),
            ("a=x", "", "remove a"), ("a=x", "a=y", "install a"),
            // A rename: the new name before the old one goes.
            ("a=x", "b=x", "install b, remove a"),
            ("a=x b=y", "a=y b=x", "install a, install b"),
            ("d/a=x", "e/a=x", "install e/a, remove d/a"),
            // The executable bit alone.
            ("a=x", "a*=x", "mode a"), ("a*=x", "a=x", "mode a"), ("a=x", "a*=y", "install a"),
            ("a=x", "a@=x", "install a"), ("a@=x", "a*=x", "install a"), ("a@=x", "a@=x", "is a"),
            // A file where a directory comes, and the other way round: room first.
            ("a=x", "a/b=y", "clear a, install a/b"), ("a=x", "a/b/c=x", "clear a, install a/b/c"),
            ("a/b=x", "a=y", "clear a/b, install a"),
            ("a/b=x a/c/d=y", "a=x", "clear a/b, clear a/c/d, install a"),
            ("a@=x", "a/b=y", "clear a, install a/b"), ("a/b=x", "a@=y", "clear a/b, install a"),
            // What has only its beginning in common is in nobody's way.
            ("a=x", "ab=y", "install ab, remove a"), ("a-b=x", "a/b=y", "install a/b, remove a-b"),
            // Empty directories come last, and go for what comes into them.
            ("", "d/", "directory d"), ("d/", "", "remove d"), ("d/", "d/", "is d"),
            ("d/", "d/a=x", "clear d, install d/a"), ("d/a=x", "d/", "clear d/a, directory d"),
            ("d=x", "d/", "directory d"), ("d/", "d=x", "install d"),
            ("d/e/f=x", "d/e/", "clear d/e/f, directory d/e"),
            ("d/a=x d/b=y", "d/b=y", "remove d/a, is d/b"),
            (
                "a=1 b=2 c=3 d/e=4", "b*=2 c=9 d=5 f=1",
                "clear d/e, mode b, install c, install d, install f, remove a"
            ),
        ] as [(String, String, String)])
    func order(have: String, want: String, words: String) throws {
        let plan = try Self.plan(have, want)
        #expect(Self.words(plan) == words)
        #expect(plan.isEmpty == words.split(separator: ",").allSatisfy { $0.contains("is ") })
    }

    @Test(
        "knows a file by its content that goes from one place alone",
        arguments: [
            ("a=x", "b=x", ["a"]), ("a=x", "b=y", ["a"]), ("a=x b=x", "c=x", []),
            ("a@=x", "b@=x", []), ("a=x", "a/b=x", ["a"]), ("a=x", "a=y b=x", []), ("d/", "e/", []),
        ] as [(String, String, [String])])
    func renamed(have: String, want: String, places: [String]) throws {
        #expect(try Self.plan(have, want).renamed.values.map(\.text).sorted() == places)
    }

    @Test(
        "keeps directories in which something stays or comes",
        arguments: [
            ("d/a=x", "d/b=x", ["d"]), ("d/a=x", "", []), ("", "d/e/a=x", ["d", "d/e"]),
            ("", "d/e/", ["d", "d/e"]), ("d/a=x", "d/a=x", ["d"]), ("d/a=x", "d=x", []),
        ] as [(String, String, [String])])
    func standing(have: String, want: String, names: [String]) throws {
        #expect(try Self.plan(have, want).standing.map(\.text).sorted() == names)
    }
}
