import Glibc

@testable import SyncModel

/// Says what is wrong and ends the program: libFuzzer then keeps the input.
func require(_ holds: Bool, _ law: @autoclosure () -> String) {
    guard !holds else { return }
    say("broken: \(law())")
    abort()
}

/// Writes a line to standard error.
func say(_ text: String) {
    let line = Array((text + "\n").utf8)
    _ = write(STDERR_FILENO, line, line.count)
}

/// A target: takes any bytes, and gives the bytes to begin with.
struct Target {
    let name: String
    let seeds: [String]
    let run: @Sendable ([UInt8]) -> Void

    static let all = [
        Target(name: "json", seeds: Seeds.json, run: ParserTargets.json),
        Target(name: "records", seeds: Seeds.records, run: ParserTargets.records),
        Target(name: "text", seeds: Seeds.texts, run: ParserTargets.text),
        Target(name: "markers", seeds: Seeds.conflicts, run: ParserTargets.markers),
        Target(name: "attributes", seeds: Seeds.attributes, run: ParserTargets.attributes),
        Target(name: "patterns", seeds: Seeds.patterns, run: ParserTargets.patterns),
        Target(name: "packets", seeds: Seeds.packets, run: WireTargets.packets),
        Target(name: "deltas", seeds: Seeds.deltas, run: WireTargets.deltas),
        Target(name: "packs", seeds: Seeds.packs, run: PackTarget.packs),
        Target(name: "repository", seeds: Seeds.repositories, run: RepositoryTarget.repository),
        Target(name: "rests", seeds: Seeds.rests, run: WireTargets.rests),
        Target(name: "commits", seeds: Seeds.commits, run: ObjectTargets.commits),
        Target(name: "trees", seeds: Seeds.trees, run: ObjectTargets.trees),
        Target(name: "conflicts", seeds: Seeds.openConflicts, run: ObjectTargets.conflicts),
        Target(name: "rows", seeds: Seeds.rows, run: StateTargets.rows),
        Target(name: "facts", seeds: Seeds.facts, run: StateTargets.facts),
        Target(name: "staging", seeds: Seeds.staging, run: StateTargets.staging),
        Target(name: "fields", seeds: Seeds.fields, run: StateTargets.fields),
        Target(name: "merge", seeds: Seeds.merges, run: { MergeTarget($0)?.check() }),
    ]

    /// The bytes of one run of libFuzzer, given to the target that the command line names.
    static let chosen = all.first { CommandLine.arguments.dropFirst().first == $0.name }
}

/// libFuzzer's loop. Source: https://llvm.org/docs/LibFuzzer.html#using-libfuzzer-as-a-library
@_silgen_name("LLVMFuzzerRunDriver")
func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ callback: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

@main
enum Fuzz {
    static func main() {
        guard let target = Target.chosen else {
            if CommandLine.arguments.dropFirst().first == "targets" {
                Target.all.forEach { print($0.name) }
                return
            }
            say("Fuzz TARGET [--seeds DIRECTORY | libFuzzer's arguments]")
            exit(64)
        }
        let sum = SHA256Digest.of(Array("abc".utf8)).prefix(4)
        require(
            ObjectID(hashing: [], as: .tree) == Tree.emptyID && [0xba, 0x78, 0x16, 0xbf] == sum,
            "this build's own hashes are the right ones")
        let rest = Array(CommandLine.arguments.dropFirst(2))
        if rest.first == "--seeds", rest.count == 2 { return write(target.seeds, to: rest[1]) }
        var count = CInt(rest.count + 1)
        var words = (["Fuzz"] + rest).map { strdup($0) }
        words.append(nil)
        let code = words.withUnsafeMutableBufferPointer { buffer -> CInt in
            guard var start = buffer.baseAddress else { return 1 }
            return runDriver(&count, &start) { data, size in
                Target.chosen?.run(Array(UnsafeBufferPointer(start: data, count: size)))
                return 0
            }
        }
        exit(code)
    }

    private static func write(_ seeds: [String], to directory: String) {
        for (number, seed) in seeds.enumerated() {
            guard let file = fopen("\(directory)/seed-\(number)", "w") else {
                perror(directory)
                exit(1)
            }
            fwrite(seed, 1, seed.utf8.count, file)
            fclose(file)
        }
    }
}
