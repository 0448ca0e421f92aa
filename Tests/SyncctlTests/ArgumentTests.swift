import ArgumentParser
internal import SyncModel
import Testing

internal import SyncHistory
@testable import syncctl

@Suite("Arguments")
struct ArgumentTests {
    @Test(
        "common options may stand before the command or behind it",
        arguments: [
            (["status", "--json"], ["status", "--json"]),
            (["--config", "f", "status"], ["status", "--config", "f"]),
            (["--config=f", "-q", "log", "x"], ["log", "--config=f", "-q", "x"]),
            (["--json", "log", "--", "-x"], ["log", "--json", "--", "-x"]),
            (["--config", "f", "service", "status"], ["service", "status", "--config", "f"]),
            (["-q", "service", "--help"], ["service", "-q", "--help"]),
            (["--version"], ["--version"]),
            (["--config", "f"], ["--config", "f"]),
            (["--help", "status"], ["--help", "status"]),
            (["--generate-completion-script", "zsh"], ["--generate-completion-script", "zsh"]),
            ([], []),
        ])
    func moved(given: [String], wanted: [String]) {
        #expect(CommonOptions.moved(given) == wanted)
    }

    @Test(
        "what begins as an option and is none asks for no help",
        arguments: [
            (["rollback", "-2h ago"], "-2h ago"), (["log", "-xh"], "-xh"), (["log", "-h"], nil),
            (["log", "-qh"], nil), (["log", "--since", "2h ago"], nil), (["log", "--help"], nil),
            (["log", "--", "-2h ago"], nil), (["show", "-"], nil), ([], nil),
        ])
    func unknown(given: [String], wanted: String?) {
        #expect(CommonOptions.unknown(in: given) == wanted)
    }

    @Test(
        "a command that is none is named",
        arguments: [
            (["nosuch"], "nosuch"), (["nosuch", "--config", "f"], "nosuch"),
            (["token", "nosuch", "--json"], "token nosuch"), (["token", "list"], nil),
            (["token", "--help"], nil), (["token"], nil), (["log", "nosuch"], nil),
            (["help"], nil), (["help", "log"], nil), (["--version"], nil), ([], nil),
        ])
    func unknownCommand(given: [String], wanted: String?) {
        #expect(CommandWords.unknown(in: given) == wanted)
    }

    @Test(
        "bytes that are no text are given on as git writes them",
        arguments: [
            ("plain.md", "plain.md"), ("a/caf\u{e9}.md", #""a/caf\351.md""#),
            ("--path=x\u{ff}", #"--path="x\377""#), ("HEAD:\u{80}\"", #""HEAD:\200\"""#),
        ])
    func bytes(latin: String, wanted: String) {
        #expect(CommandWords.word(latin.unicodeScalars.map { UInt8($0.value) }) == wanted)
    }

    @Test(
        "common options alone lack a command",
        arguments: [
            (["--config", "f"], true), (["--config=f", "--json", "-q"], true),
            (["--no-input"], true), ([], false), (["--version"], false), (["--help"], false),
            (["status", "--config", "f"], false), (["--nosuch"], false),
        ])
    func missingCommand(given: [String], wanted: Bool) {
        #expect(CommandWords.areMissing(in: given) == wanted)
    }

    @Test(
        "a value that is empty is wrong usage",
        arguments: [
            "--remote", "--token-file", "--token-env", "--token-command", "--device",
            "--branch", "--vault", "--from-backup", "--config",
        ])
    func empty(option: String) throws {
        let whole = ["--folder", "a=b"] + (option == "--remote" ? [] : ["--remote", "r"])
        for empty in [[option, ""], ["\(option)="]] {
            let error = #expect(throws: (any Error).self) { try Init.parse(whole + empty) }
            let found = try #require(error)
            #expect(Init.exitCode(for: found).rawValue == 64)
            #expect(Init.message(for: found).contains(option))
        }
    }

    @Test(
        "undo takes a commit back, and no time",
        arguments: [
            ("2h ago", true), ("yesterday", true), ("2026-02-08", true),
            ("2026-02-31", true), ("HEAD~1", false), ("4f2a91c0", false),
        ])
    func undoTime(text: String, isRefused: Bool) throws {
        guard isRefused else {
            _ = try Undo.parse([text])
            return
        }
        let error = #expect(throws: (any Error).self) { try Undo.parse([text]) }
        let found = try #require(error)
        #expect(Undo.exitCode(for: found).rawValue == 64)
        #expect(Undo.message(for: found).contains("syncctl rollback"))
    }

    @Test("every command says its name: to make one of its type's takes longer than most commands")
    func names() {
        var pending: [any ParsableCommand.Type] = [Syncctl.self]
        while let command = pending.popLast() {
            #expect(command.configuration.commandName != nil, "\(command)")
            pending += command.configuration.subcommands
        }
    }

    private static let configuration = Configuration(
        device: "ada", repository: "/r.git",
        folders: [
            .init(path: "/home/ada/notes", prefix: TreePath("shared/documents")),
            .init(path: "/home/ada/mem", prefix: TreePath("shared/memories")),
        ], stateDirectory: "/s", socket: "/s/s")

    @Test(
        "a path is a local one inside a folder, or one of the repository",
        arguments: [
            ("/home/ada/notes/a.md", "/", "shared/documents/a.md"),
            ("/home/ada/notes", "/", "shared/documents"),
            ("/home/ada/notes/../mem/x", "/", "shared/memories/x"),
            ("~/mem/x", "/", "shared/memories/x"),
            ("./a.md", "/home/ada/notes/d", "shared/documents/d/a.md"),
            ("../a.md", "/home/ada/notes/d", "shared/documents/a.md"),
            ("a.md", "/home/ada/notes", "shared/documents/a.md"),
            ("known/a.md", "/home/ada/notes", "known/a.md"),
            ("both/a.md", "/home/ada/notes", "shared/documents/both/a.md"),
            ("both/a.md", "/", "both/a.md"),
            ("", "/home/ada/notes", nil),
            ("/", "/", nil),
            ("d/../a.md", "/home/ada/notes", "shared/documents/a.md"),
            ("d//a.md", "/home/ada/notes", "shared/documents/d/a.md"),
            ("../notes/a.md", "/home/ada/notes", "shared/documents/a.md"),
            ("shared/memories/gone", "/home/ada/notes", "shared/memories/gone"),
            ("known/gone", "/home/ada/notes", "known/gone"),
            ("shared/never", "/home/ada/notes", "shared/documents/shared/never"),
            ("gone", "/home/ada/notes", "shared/documents/gone"),
            ("shared/documents/", "/", "shared/documents"),
            ("/home/ada/notesbook/a", "/", nil),
            ("/etc/passwd", "/", nil),
            ("a//b", "/", nil),
        ] as [(String, String, String?)])
    func paths(text: String, directory: String, wanted: String?) throws {
        let argument = PathArgument(
            Self.configuration, workingDirectory: directory, home: "/home/ada")
        let found = try argument.resolve(text) { path throws(RepositoryError) in
            ["known", "known/a.md", "both/a.md", "shared/documents/both/a.md"]
                .contains(path.text)
        } wasKnown: { path throws(RepositoryError) in
            ["gone", "known/gone", "shared/memories/gone"].contains(path.text)
        }
        #expect(found == wanted.flatMap { TreePath($0) }.map { .path($0) } ?? .outside)
    }

    @Test("the root of a folder without a prefix is everything", arguments: ["/home/ada/f", "."])
    func everything(text: String) throws {
        let configuration = Configuration(
            device: "ada", repository: "/r.git", folders: [.init(path: "/home/ada/f", prefix: nil)],
            stateDirectory: "/s", socket: "/s/s")
        let argument = PathArgument(
            configuration, workingDirectory: "/home/ada/f", home: "/home/ada")
        let found = try argument.resolve(text) { _ throws(RepositoryError) in
            false
        } wasKnown: { _ throws(RepositoryError) in
            false
        }
        #expect(found == .everything)
    }
}
