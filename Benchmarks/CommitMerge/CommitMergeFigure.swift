import Foundation
import SyncEngine
import SyncGit
import SyncModel

/// Measures the merge of two commits as the daemon makes it, with a repository opened anew:
///
///     merge-commits REPOSITORY COMMIT COMMIT TIMES
///
/// prints the seconds of each time, then the merge's tree.
@main
enum CommitMergeFigure {
    static func main() throws {
        let words = CommandLine.arguments
        guard words.count == 5, let one = ObjectID(hex: words[2]),
            let other = ObjectID(hex: words[3]), let times = Int(words[4]), times > 0
        else {
            FileHandle.standardError.write(
                Data("usage: merge-commits REPOSITORY COMMIT COMMIT TIMES\n".utf8))
            exit(64)
        }
        for time in 1...times {
            let repository = try GitRepository(opening: words[1])
            let began = ContinuousClock.now
            let made = try CommitMerge(repository).merge(one, other)
            print((ContinuousClock.now - began) / .seconds(1))
            if time == times { print(try repository.commit(made.commit).tree.hex) }
        }
    }
}
