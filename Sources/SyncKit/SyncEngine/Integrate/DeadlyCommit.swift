#if DEBUG
    internal import Glibc
    internal import SyncModel

    /// A commit that the process dies of, for tests of a debug build alone: nobody knows a real
    /// one, or it would be mended.
    enum DeadlyCommit {
        /// The variable that says where and of what: `taking:WORD` or `applying:WORD` for a
        /// commit whose subject has the word. It is read once.
        private static let deadly = getenv("SYNCD_DEADLY").map {
            String(cString: $0).split(separator: ":", maxSplits: 1).map(String.init)
        }

        /// Ends the process as a trap does if the commit is one.
        static func dieOf(_ commit: Commit, _ stage: Intake.Stage) {
            guard let deadly, deadly.first == stage.rawValue, let word = deadly.last,
                commit.subject.contains(word)
            else { return }
            fatalError("deadly: \(commit.subject)")
        }
    }
#endif
