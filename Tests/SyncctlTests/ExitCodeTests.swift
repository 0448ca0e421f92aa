import SyncConfiguration
import SyncEngine
import SyncModel
import Testing

@testable import syncctl

@Suite("How a command ends that failed")
struct ExitCodeTests {
    private static let failures: [(any Error, Int32, String)] =
        [
            (RemoteError(.authentication, "fetch", "no login"), 4, "no login"),
            (Failure(Exit.usage, "what"), 64, "what"), (Failure.notRunning("/run/s"), 3, "/run/s"),
            (RepositoryError(.corrupt, "read"), 1, "read"),
            (StateStoreError(.locked, "open", "process 7 has it"), 1, "process 7"),
            (FolderError(.rootMissing, "look at", nil), 1, "mount"),
            (SyncFailureSample(), 1, "of another kind"),
        ]
        + [
            .unreachable, .missing, .untrusted, .limited, .tooLarge, .unusable, .fatal, .corrupt,
            .noSpace, .readOnly, .io,
        ].map { (RemoteError($0, "push", "why \($0)"), 1, "why \($0)") }

    @Test("has the code of its kind, and says what failed", arguments: 0..<failures.count)
    func codes(number: Int) {
        let (error, code, fact) = Self.failures[number]
        let failure = Failure(error)
        #expect(failure.code == code)
        #expect(failure.lines.joined(separator: "\n").contains(fact))
    }

    @Test("codes are those of docs/reference/cli.md")
    func numbers() {
        let codes = [
            Exit.failed, Exit.notRunning, Exit.authentication, Exit.conflicts, Exit.usage,
            Exit.configuration,
        ]
        #expect(codes == [1, 3, 4, 10, 64, 78])
    }
}

private struct SyncFailureSample: Error, CustomStringConvertible {
    let description = "of another kind"
}
