import Foundation
import SyncEngine
import SyncGit
import SyncModel

/// Measures the merge of two commits as the daemon makes it, in repositories that are open and in
/// a process that has merged before:
///
///     merge-commits COMMIT COMMIT REPOSITORY...
///
/// prints for each repository the seconds and the merge's tree.
@main
enum CommitMergeFigure {
    static func main() throws {
        let words = CommandLine.arguments
        guard words.count > 3, let one = ObjectID(hex: words[1]),
            let other = ObjectID(hex: words[2])
        else {
            FileHandle.standardError.write(
                Data("usage: merge-commits COMMIT COMMIT REPOSITORY...\n".utf8))
            exit(64)
        }
        for path in words[3...] {
            let repository = try GitRepository(opening: path)
            // The daemon has just read both: the one it made, the other it fetched.
            for commit in [one, other] { _ = try repository.tree(repository.commit(commit).tree) }
            let began = ContinuousClock.now
            let made = try CommitMerge(repository).merge(one, other)
            let took = (ContinuousClock.now - began) / .seconds(1)
            print(took, try repository.commit(made.commit).tree.hex)
        }
    }
}
