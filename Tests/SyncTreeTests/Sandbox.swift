import Foundation
import Glibc
import SyncModel
import SyncTestKit
import Synchronization
import Testing

@testable import SyncTree

/// All suites run one test at a time: a process that one test starts holds, between fork and
/// exec, copies of what another has open for writing, and so refuses it its leases.
@Suite(.serialized) enum Serial {}

/// A temporary directory with a folder to be watched and a state directory beside it.
final class Sandbox {
    let base: String
    var root: String { base + "/folder" }
    var state: String { base + "/state" }

    init() {
        let parent = ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
        var template = Array("\(parent)/synctree-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { fatalError("mkdtemp: \(errno)") }
        base = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        mkdir(root, 0o755)
    }

    deinit { run("/bin/rm", "-rf", base) }

    func folder(
        inside: Bool = false, abilities: LocalFolder.Abilities = .init()
    ) throws -> LocalFolder {
        try LocalFolder(
            root: root, stagingPreferred: inside ? nil : state, abilities: abilities)
    }

    /// Writes a file as a program would, its directories too.
    func write(_ path: String, _ text: String, mode: mode_t = 0o644) {
        let full = root + "/" + path
        if let slash = full.lastIndex(of: "/") {
            try? FileManager.default.createDirectory(
                atPath: String(full[..<slash]), withIntermediateDirectories: true)
        }
        guard let file = fopen(full, "w") else { return }
        fputs(text, file)
        fclose(file)
        chmod(full, mode)
    }

    /// What a program would read; nil when nothing is there.
    func text(_ path: String) -> String? {
        FileManager.default.contents(atPath: root + "/" + path)
            .map { String(decoding: $0, as: UTF8.self) }
    }

    /// Every name below the folder, relative.
    var names: [String] {
        (FileManager.default.enumerator(atPath: root)?.compactMap { $0 as? String } ?? [])
            .sorted()
    }

    /// The names in whichever staging directory there is.
    var stagingNames: [String] {
        let outside = (try? FileManager.default.contentsOfDirectory(atPath: state)) ?? []
        let directories = outside.map { "\(state)/\($0)" } + ["\(root)/.syncd-staging"]
        return directories.flatMap {
            (try? FileManager.default.contentsOfDirectory(atPath: $0)) ?? []
        }
    }
}

/// Runs a program to its end.
/// - Returns: its exit status.
@discardableResult
func run(_ program: String, _ arguments: String...) -> Int32 {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.standardError = FileHandle.nullDevice
    do { try process.run() } catch { return -1 }
    process.waitUntilExit()
    return process.terminationStatus
}

func path(_ text: String) -> TreePath {
    guard let path = TreePath(text) else { fatalError("no path: \(text)") }
    return path
}

func version(_ text: String, _ mode: FileMode = .regular) -> FileVersion {
    FileVersion(mode: mode, id: ObjectID(hashing: Array(text.utf8), as: .blob))
}

let commitTime = Timestamp(milliseconds: 1_600_000_000_123)

extension LocalFolder {
    func stage(_ text: String, _ mode: FileMode = .regular) throws -> StagedFile {
        try stage(Array(text.utf8), as: SyncTreeTests.version(text, mode), modified: commitTime)
    }

    /// Stages and installs in one go.
    func put(
        _ text: String, at name: String, replacing expected: FileVersion? = nil,
        mode: FileMode = .regular
    ) throws -> ApplyOutcome {
        let staged = try stage(text, mode)
        defer { discard(staged) }
        try flush([staged])
        return try install(staged, at: SyncTreeTests.path(name), replacing: expected)
    }

    func readText(_ name: String) throws -> String {
        String(decoding: try read(SyncTreeTests.path(name)).content, as: UTF8.self)
    }
}

extension ApplyOutcome {
    var isDone: Bool { if case .done = self { true } else { false } }
}

/// Runs a thread and gives its result when it has ended.
final class Background<Value: Sendable>: Sendable {
    private let done = DispatchSemaphore(value: 0)
    private let value = Mutex<Value?>(nil)

    init(_ body: @escaping @Sendable () -> Value) {
        Thread.detachNewThread {
            let result = body()
            self.value.withLock { $0 = result }
            self.done.signal()
        }
    }

    /// Waits at most that long; nil when it has not ended.
    func wait(seconds: Double) -> Value? {
        guard done.wait(timeout: .now() + seconds) == .success else { return nil }
        defer { done.signal() }
        return value.withLock { $0 }
    }
}

extension SeededRandom {
    /// `SYNCD_SEED` replays a run; every run prints the one it took.
    static func seed(for test: String) -> UInt64 {
        let given = ProcessInfo.processInfo.environment["SYNCD_SEED"].flatMap { UInt64($0) }
        let seed = given ?? .random(in: 0...UInt64.max)
        print("\(test): SYNCD_SEED=\(seed)")
        return seed
    }
}
