import ArgumentParser
import SyncEngine
import SyncHistory
import SyncMerge
import SyncModel

/// `syncctl type`.
struct TypeOf: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "type",
        abstract: "Show which rule a file is merged by and where it is set, or set one.",
        discussion: """
            syncctl type PATH shows the rule. Rules go by name: in a folder the file need not be \
            there yet. syncctl type PATTERN TYPE adds a line to the vault's .gitattributes, in a \
            commit that every device gets. Types: simple, document, data, memory, conversation, \
            event.
            """)

    @OptionGroup var options: CommonOptions

    @Argument(help: ArgumentHelp("A file, or a pattern as in .gitattributes.", valueName: "path"))
    var path: String

    @Argument(help: "The type to set.")
    var type: String?

    func validate() throws {
        guard let type, FileType(rawValue: type) == nil else { return }
        let all = FileType.allCases.map(\.rawValue).joined(separator: ", ")
        throw ValidationError("There is no type '\(type)'; there are \(all).")
    }

    func run() async throws {
        if let type { return try await set(TypeRequest(path, type)) }
        let history = try VaultHistory(options.load())
        guard let path = try history.place(path, Machine()) else {
            throw Failure(Exit.failed, "\(path) is a folder, and a file has a type")
        }
        guard try history.mayHave(path) else {
            throw Failure(Exit.failed, "\(path) is in no folder of this device, nor in the vault")
        }
        let answer = try history.type(of: path)
        let output = Output(options)
        if options.json { return try output.json(answer) }
        output.line("\(answer.type)  \(path)")
        output.line(output.paint("    \(answer.source)", .grey))
    }

    private func set(_ request: TypeRequest) async throws {
        let client = try DaemonClient(options)
        let report = try await Changing.make(client, "/api/sync/type", request) {
            try await $0.change(.setType(request))
        }
        try Changing.tell(report, options, done: "set \(request.pattern) sync=\(request.type) in")
    }
}

extension VaultHistory {
    /// Whether a file may stand at a path one day: below a folder of this device, or in a
    /// directory that the vault has for others.
    fileprivate func mayHave(_ path: TreePath) throws -> Bool {
        let prefixes = configuration.folders.map(\.prefix)
        if prefixes.contains(where: { $0.map { path.isAtOrBelow($0) } ?? true }) { return true }
        if try knows(path, in: []) { return true }
        return try path.parent.map { try knows($0, in: []) } ?? false
    }
}
