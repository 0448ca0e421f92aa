import Glibc
import SyncModel
import Testing

@testable import SyncWatch

private func watch(_ folder: TemporaryFolder, ignoring ignored: Set<String> = []) throws
    -> FolderWatch
{
    try FolderWatch(root: folder.root, shouldWatch: { !ignored.contains($0.text) })
}

/// What a shell command in a folder makes the watch report.
private struct Deed: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let before: String
    let command: String
    let reported: Set<WatchEvent>

    init(_ name: String, _ before: String, _ command: String, _ reported: Set<WatchEvent>) {
        testDescription = name
        self.before = before
        self.command = command
        self.reported = reported
    }
}

private let deeds = [
    Deed("creating", "true", "echo 1 > a", [.changed(path("a")), .writing(path("a"))]),
    Deed("editing", "echo 1 > a", "echo 2 >> a", [.changed(path("a")), .writing(path("a"))]),
    Deed("deleting", "echo 1 > a", "rm a", [.changed(path("a"))]),
    Deed("chmod", "echo 1 > a", "chmod +x a", [.changed(path("a"))]),
    Deed("renaming", "echo 1 > a", "mv a b", [.changed(path("a")), .changed(path("b"))]),
    Deed(
        "an atomic save", "echo 1 > d.md; mkdir s; mv d.md s/d.md",
        "echo 2 > s/d.md~; sync s/d.md~; mv s/d.md~ s/d.md",
        [
            .changed(path("s/d.md~")), .writing(path("s/d.md~")), .changed(path("s/d.md")),
        ]),
    Deed("a link to a directory", "mkdir /$PWD-o", "ln -s $PWD-o l", [.changed(path("l"))]),
    Deed("a new directory", "true", "mkdir d", [.directoryAppeared(path("d"))]),
    Deed("a removed directory", "mkdir d", "rmdir d", [.directoryGone(path("d"))]),
    Deed(
        "a moved directory", "mkdir -p d/e f", "mv d f/g",
        [.directoryGone(path("d")), .directoryAppeared(path("f/g"))]),
    Deed(
        "a directory that became a file", "mkdir d", "rmdir d; ln -s x d",
        [.directoryGone(path("d")), .changed(path("d"))]),
    Deed(
        "an ignored directory", "mkdir i", "echo 1 > i/a; mkdir i/d; rmdir i/d; mv i j; mv j i",
        [.directoryGone(path("j"))]),
]

@Suite("A folder's watches", .serialized) struct FolderWatchTests {
    @Test("report", arguments: deeds)
    private func report(deed: Deed) throws {
        let folder = TemporaryFolder()
        defer { folder.remove() }
        defer { shell("rm -rf \(folder.root)-o") }
        folder.run(deed.before)
        let watch = try watch(folder, ignoring: ["i"])
        folder.run(deed.command)
        #expect(events(watch) == deed.reported)
    }

    @Test("report a file that stays open as being written")
    func writing() throws {
        let folder = TemporaryFolder()
        defer { folder.remove() }
        folder.run("touch log")
        let watch = try watch(folder)
        let file = open(folder.root + "/log", O_WRONLY | O_APPEND)
        write(file, "x", 1)
        #expect(events(watch) == [.writing(path("log"))])
        close(file)
        #expect(events(watch) == [.changed(path("log"))])
    }

    @Test("do not follow a link to a directory")
    func links() throws {
        let folder = TemporaryFolder()
        defer { folder.remove() }
        let other = TemporaryFolder()
        defer { other.remove() }
        folder.run("ln -s \(other.root) l; mkdir d; ln -s .. d/up")
        let watch = try watch(folder)
        other.run("echo 1 > a")
        #expect(watch.directoryCount == 2)
        #expect(events(watch) == [])
    }

    @Test("stand in every directory that is not ignored")
    func ignored() throws {
        let folder = TemporaryFolder()
        defer { folder.remove() }
        folder.run("mkdir -p a/b/c build/x/y a/build")
        let watch = try watch(folder, ignoring: ["build"])
        #expect(watch.directoryCount == 5)
        folder.run("mkdir a/b/c/d; mkdir -p build/z; echo 1 > build/f")
        #expect(events(watch) == [.directoryAppeared(path("a/b/c/d"))])
        #expect(watch.directoryCount == 6)
        folder.run("rm -r a")
        _ = events(watch)
        #expect(watch.directoryCount == 1)
    }

    @Test(
        "follow their directories",
        arguments: [
            "mv a/b c", "mv a c/", "mv a z", "mv a z; mv z y; mv y x", "mv a/b t; mv c a/b; mv t c",
            "mv a t; mv c a; mv t c", "mv a/b t; mv a t/a; mv t a", "mv a ../$OUT; mv ../$OUT z",
            "mv a ../$OUT; mkdir -p a/b/n; mv ../$OUT a/b/n", "rm -r a; mkdir -p a/b",
            "mv a ../$OUT", "mv c a/b; mv a/b c; mv c/c a", "mkdir -p c/q/r; mv a c/q/r; mv c/q z",
        ], [false, true])
    func moves(command: String, atOnce: Bool) throws {
        let folder = TemporaryFolder()
        defer { folder.remove() }
        let out = folder.root.split(separator: "/").last! + "-out"
        defer { shell("rm -rf /tmp/\(out)") }
        folder.run("mkdir -p a/b/deep/er c/other/one")
        let watch = try watch(folder)
        for step in atOnce ? [command] : command.split(separator: "; ").map(String.init) {
            #expect(folder.run("OUT=\(out); \(step)") == 0)
            _ = events(watch)
        }
        try checkWatches(watch, folder)
        shell("test -d /tmp/\(out) && touch /tmp/\(out)/b/x")
        #expect(events(watch) == [])
    }

    @Test("follow two directories that change places")
    func exchange() throws {
        let folder = TemporaryFolder()
        defer { folder.remove() }
        folder.run("mkdir -p a/b/deep c/other/one")
        let watch = try watch(folder)
        typealias Rename =
            @convention(c) (
                Int32, UnsafePointer<CChar>, Int32, UnsafePointer<CChar>, UInt32
            ) -> Int32
        let rename = unsafeBitCast(dlsym(nil, "renameat2"), to: Rename.self)
        #expect(rename(AT_FDCWD, folder.root + "/a", AT_FDCWD, folder.root + "/c", 2) == 0)
        #expect(
            events(watch) == [.directoryAppeared(path("a")), .directoryAppeared(path("c"))])
        try checkWatches(watch, folder)
    }

    @Test(
        "survive random moves in bursts",
        arguments: [UInt64(1), 2, 3, .random(in: 4...(1 << 32))])
    func randomMoves(seed: UInt64) throws {
        print("seed \(seed)")
        var state = seed
        func random(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        let names = ["a", "b", "c"]
        func place() -> String {
            (0...random(3)).map { _ in names[random(3)] }.joined(separator: "/")
        }
        let folder = TemporaryFolder()
        defer { folder.remove() }
        let watch = try watch(folder)
        for _ in 0..<60 {
            for _ in 0...random(12) {
                let (one, other) = (folder.root + "/" + place(), folder.root + "/" + place())
                switch random(6) {
                case 0...2: mkdir(one, 0o755)
                case 3...4: rename(one, other)
                default: rmdir(one)
                }
            }
            try checkWatches(watch, folder)
        }
    }

    @Test("see or report every file of directories that are filled while they appear")
    func filledAtOnce() throws {
        let folder = TemporaryFolder()
        defer { folder.remove() }
        let watch = try watch(folder)
        folder.run(
            """
            (for i in $(seq 40); do mkdir -p a$i/b/c; for j in 1 2 3 4 5; do
            echo $j > a$i/b/c/$j; done; echo 1 > a$i/b/f; done; touch all; mv all done) &
            """)
        var seen: Set<TreePath> = []
        var directories: Set<TreePath> = []
        let isDone = eventually {
            for event in events(watch) {
                switch event {
                case .changed(let path): seen.insert(path)
                case .directoryAppeared(let path): directories.insert(path)
                default: break
                }
            }
            return seen.contains(path("done"))
        }
        #expect(isDone)
        for number in 1...40 {
            for file in ["b/c/1", "b/c/5", "b/f"] {
                let file = path("a\(number)/\(file)")
                #expect(seen.contains(file) || file.ancestors.contains { directories.contains($0) })
            }
        }
        try checkWatches(watch, folder)
    }

    @Test("say when events were lost")
    func overflow() throws {
        let folder = TemporaryFolder()
        defer { folder.remove() }
        let watch = try watch(folder)
        for number in 0..<9_000 { close(creat("\(folder.root)/\(number)", 0o600)) }
        #expect(!watch.isStale)
        #expect(events(watch).contains(.overflow))
        #expect(watch.isStale)
    }

    @Test("say which directories could not be watched")
    func limit() throws {
        let folder = TemporaryFolder()
        defer { folder.remove() }
        folder.run("mkdir -p a/b/c")
        let watch = try FolderWatch(root: folder.root, shouldWatch: { _ in true }, maxWatches: 2)
        #expect(watch.directoryCount == 2)
        #expect(watch.unwatched == [path("a/b")])
        folder.run("mkdir d")
        #expect(events(watch) == [.limitReached(path("d"))])
        #expect(watch.unwatched?.contains(path("d")) == true)
        folder.run("rm -r a; touch -d yesterday d")
        #expect(events(watch).contains(.directoryAppeared(path("d"))))
        #expect(watch.unwatched?.contains(path("d")) == false)
    }

    @Test("tell a directory that is gone or closed from one of which nothing is known")
    func failedListing() {
        typealias Found = FolderWatch.Subdirectories
        for number in [ENOENT, ENOTDIR, ELOOP, EACCES] {
            #expect(Found(failure: number) == .names([]))
        }
        for number in [EMFILE, ENFILE, ENOMEM, EIO] {
            #expect(Found(failure: number) == .unknown)
        }
    }

    @Test("stand again in directories that nobody might look into for a while")
    func hindered() throws {
        let folder = TemporaryFolder()
        defer { folder.remove() }
        folder.run("mkdir -p d/e; chmod 755 . d d/e")
        asNobody(true)
        defer { asNobody(false) }
        let watch = try watch(folder)
        #expect(watch.directoryCount == 3)
        folder.run("chmod 644 d")
        #expect(events(watch) == [.directoryAppeared(path("d"))])
        #expect(watch.directoryCount == 2)
        folder.run("chmod 755 d")
        #expect(events(watch) == [.directoryAppeared(path("d"))])
        #expect(watch.directoryCount == 3)
        folder.run("touch d/e/f; chmod 700 d/e; chmod 755 d/e d")
        #expect(events(watch).contains(.changed(path("d/e/f"))))
        #expect(watch.directoryCount == 3)
    }

    @Test("list no more unwatched directories than the bound")
    func manyUnwatched() throws {
        let folder = TemporaryFolder()
        defer { folder.remove() }
        folder.run("mkdir $(seq \(Limits.unwatchedDirectories + 1))")
        let watch = try FolderWatch(root: folder.root, shouldWatch: { _ in true }, maxWatches: 1)
        #expect(watch.unwatched == nil)
    }

    @Test("say that the root is gone", arguments: ["rm -r", "mv -t /tmp/gone-$$"])
    func rootGone(command: String) throws {
        let folder = TemporaryFolder()
        defer { folder.remove() }
        let watch = try watch(folder)
        defer { shell("rm -rf /tmp/gone-*") }
        #expect(shell("mkdir /tmp/gone-$$; \(command) \(folder.root)") == 0)
        #expect(events(watch).contains(.rootGone))
        #expect(watch.isStale)
    }

    @Test("cannot be set without a root")
    func noRoot() {
        let error = #expect(throws: WatchError.self) {
            try FolderWatch(root: "/nowhere/at/all", shouldWatch: { _ in true })
        }
        #expect(error?.code == .rootMissing)
    }
}

/// Takes this thread's rights as root in the file system away, or gives them back; of another user
/// it changes nothing.
private func asNobody(_ isOn: Bool) {
    if getuid() != 0 { return }
    guard let address = dlsym(nil, "setfsuid") else { fatalError("no setfsuid") }
    let setfsuid = unsafeBitCast(address, to: (@convention(c) (UInt32) -> Int32).self)
    _ = setfsuid(isOn ? 65_534 : 0)
}

/// Checks that exactly the directories of the folder are watched, each under its own path.
private func checkWatches(_ watch: FolderWatch, _ folder: TemporaryFolder) throws {
    _ = events(watch)
    let list = try #require(popen("cd \(folder.root) && find . -mindepth 1 -type d", "r"))
    defer { pclose(list) }
    var directories: [String] = []
    var line = [CChar](repeating: 0, count: 4096)
    while fgets(&line, Int32(line.count), list) != nil {
        let text = line.prefix { $0 != 0 && $0 != 10 }.map { UInt8(bitPattern: $0) }
        directories.append(String(decoding: text.dropFirst(2), as: UTF8.self))
    }
    var expected: Set<WatchEvent> = []
    for directory in directories {
        close(creat("\(folder.root)/\(directory)/probe", 0o600))
        unlink("\(folder.root)/\(directory)/probe")
        expected.insert(.changed(path(directory + "/probe")))
    }
    #expect(events(watch) == expected)
    #expect(watch.directoryCount == directories.count + 1)
}
