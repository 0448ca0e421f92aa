import Foundation
import SyncEngine
import SyncGit
import SyncModel

/// Measures the merge of two commits as the daemon makes it, in a repository that is open:
///
///     merge-commits REPOSITORY COMMIT COMMIT
///
/// prints the seconds and the merge's tree.
@main
enum CommitMergeFigure {
    static func main() throws {
        let words = CommandLine.arguments
        guard words.count == 4, let one = ObjectID(hex: words[2]),
            let other = ObjectID(hex: words[3])
        else {
            FileHandle.standardError.write(
                Data("usage: merge-commits REPOSITORY COMMIT COMMIT\n".utf8))
            exit(64)
        }
        let repository = try GitRepository(opening: words[1])
        // The daemon has just read both: the one it made, the other it fetched.
        for commit in [one, other] { _ = try repository.tree(repository.commit(commit).tree) }
        let began = ContinuousClock.now
        let made = try CommitMerge(repository).merge(one, other)
        print((ContinuousClock.now - began) / .seconds(1))
        print(try repository.commit(made.commit).tree.hex)
    }
}
