internal import SyncModel

/// The share of a folder's files that one batch may delete unasked.
struct DeletionLimit: Sendable {
    /// 0 to 100.
    let percent: Int

    /// Whether so many deletions wait for a person's word.
    /// - Parameter total: how many files the deletions are a share of.
    func isPassed(by deletions: Int, of total: Int) -> Bool {
        deletions > Limits.deletesUnasked && deletions * 100 > total * percent
    }
}
