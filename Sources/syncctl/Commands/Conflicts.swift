import ArgumentParser
import SyncAdmin
import SyncEngine
import SyncHistory
import SyncModel

/// `syncctl conflicts`.
struct Conflicts: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "conflicts",
        abstract: "List open conflicts; with PATH, show the sides and how they differ.",
        discussion: """
            "Ours" is this device's side. Exits with 10 while conflicts are open. --settled lists \
            the versions that lost without a question; syncctl restore PATH --to BLOB brings one \
            back.
            """)

    @OptionGroup var options: CommonOptions

    @Flag(
        name: .customLong("settled"),
        help: "List conflicts that rules resolved, newest first, instead of open ones.")
    var resolved = false

    @Argument(help: "Show this file's conflict in full.")
    var path: String?

    func run() async throws {
        let output = Output(options)
        if resolved { return try await listResolved(output) }
        let history = try VaultHistory(options.load())
        if let path {
            let details = try history.conflict(try options.conflict(path, history))
            if options.json { try output.json([details.conflict]) } else { show(details, output) }
            throw ExitCode(Exit.conflicts)
        }
        let open = try history.conflicts()
        if options.json { try output.json(open) } else { list(open, output) }
        if !open.isEmpty { throw ExitCode(Exit.conflicts) }
    }

    private func list(_ open: [OpenConflict], _ output: Output) {
        if open.isEmpty { return output.remark("no conflict is open") }
        for conflict in open {
            output.line("\(conflict.path)  \(output.paint(conflict.kind.rawValue, .yellow))")
            let sides = "\(Self.name(conflict.oursDevice)) and \(Self.name(conflict.theirsDevice))"
            output.line(
                output.paint("    \(sides), since \(conflict.detectedAt)  [\(conflict.id)]", .grey))
        }
        output.remark("")
        output.remark("syncctl conflicts PATH shows the sides; syncctl resolve PATH --ours, ")
        output.remark("--theirs, --base, --both, --file FILE or --edit resolves it")
    }

    private func show(_ details: ConflictDetails, _ output: Output) {
        let conflict = details.conflict
        output.line("\(conflict.path)  \(output.paint(conflict.kind.rawValue, .yellow))")
        output.line(output.paint("    \(conflict.rule)  [\(conflict.id)]", .grey))
        for side in details.sides {
            let whose =
                details.isUnclear
                ? "side" : side.isOurs ? "ours" : side.isTheirs ? "theirs" : "also"
            let kind = side.isSubmodule ? "a submodule at" : "blob"
            let what =
                side.isDirectory
                ? "a directory" : side.blob.map { "\(kind) \($0.short)" } ?? "deleted"
            output.line("  \(whose): \(Self.maker(side)), \(what)")
        }
        if details.isUnclear {
            output.line("  two machines may have this name: nothing tells which side is this one's")
        }
        if let copy = details.copy { output.line("  beside it: \(copy)") }
        for diff in details.differences {
            output.line()
            output.line(output.paint("--- base", .red))
            output.line(output.paint("+++ \(diff.title)", .green))
            for line in diff.lines {
                let colour: Output.Colour? =
                    line.hasPrefix("+") ? .green : line.hasPrefix("-") ? .red : nil
                output.line(colour.map { output.paint(line, $0) } ?? line)
            }
        }
    }

    private func listResolved(_ output: Output) async throws {
        let client = try DaemonClient(options)
        let resolved: [ResolvedConflict] = try await client.askOrOpen(
            ask: { try client.askIfRunning("GET", "/api/sync/settled", within: Limits.cycleWait) },
            open: { try IdleVault($0, waiting: $1) },
            work: { vault in try vault.resolved() })
        if options.json { return try output.json(resolved) }
        if resolved.isEmpty { return output.remark("no rule had to choose yet") }
        for conflict in resolved {
            output.line("\(conflict.file)  \(conflict.winner) won")
            let words =
                conflict.loser.map { loser in
                    let file = QuotedPath.quoted(conflict.file.bytes, inDigits: true)
                    return "syncctl restore --to \(loser.hex) -- \(ShellWord.shown(file))"
                }
                ?? "a deletion: delete the file again if it is to go"
            output.line(output.paint("    " + words, .grey))
        }
    }

    /// Who made a side, and when. One that stands there because sides were merged anew was made by
    /// nobody.
    private static func maker(_ side: ConflictDetails.Side) -> String {
        side.device.isEmpty ? name(side.device) : "\(side.device), \(side.time)"
    }

    private static func name(_ device: String) -> String {
        device.isEmpty ? "an older version" : device
    }
}

extension CommonOptions {
    /// The open conflict that a user names by its path or its id.
    func conflict(_ text: String, _ history: VaultHistory) throws -> OpenConflict {
        let open = try history.conflicts()
        if let found = open.first(where: { $0.id == text }) { return found }
        let path = try history.place(text, Machine())
        guard let path, let found = open.first(where: { $0.path == path }) else {
            let name = path?.description ?? text
            throw Failure(Exit.failed, "\(name) has no open conflict: syncctl conflicts lists all")
        }
        return found
    }
}
