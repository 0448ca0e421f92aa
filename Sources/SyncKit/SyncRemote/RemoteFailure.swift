package import SyncModel

extension RemoteError {
    /// Turns a repository's failure into the remote's.
    /// - Parameters:
    ///   - error: what one of the two repositories said.
    ///   - operation: `fetch` or `push`.
    ///   - isOwn: whether it was this device's own, while it was written to.
    package init(_ error: RepositoryError, _ operation: String, isOwn: Bool = false) {
        let (code, hint): (Code, String?) =
            switch error.code {
            case .noSpace: (.noSpace, "make room on the file system, then: syncctl sync")
            case .readOnly: (.readOnly, "check the owner and the permissions of the repository")
            case .absent: (.io, "bring it back, or mount its disk")
            case .notARepository:
                (.unusable, "make another one: git init --bare --object-format=sha1 PATH")
            case .thinned, .leftOut:
                (
                    .unusable,
                    "the remote lacks what this device does not keep: push from a device that "
                        + "keeps all, or from a backup"
                )
            // A reference was read a moment ago: what it leads to has to be there.
            case .missing, .corrupt:
                (
                    .corrupt,
                    "git fsck in the remote says what is wrong: mend it there (git fetch "
                        + "--unshallow, if it is a shallow clone), or put its branch back to a "
                        + "commit of before"
                )
            case .tooLarge:
                (
                    .tooLarge,
                    "take what is so large out of the branch's history, in a clone; a file that "
                        + "is: git filter-repo --strip-blobs-bigger-than "
                        + "\(Limits.receivedObjectBytes >> 20)M"
                )
            case .moved, .locked, .io: (.io, nil)
            }
        // What is damaged came from the remote.
        let isOwn = isOwn && [.noSpace, .readOnly, .io].contains(error.code)
        self.init(code, operation, error.description, hint: hint, own: isOwn ? error : nil)
    }

    /// Takes what reading this device's own repository threw, while the remote had no part in it.
    package init(own error: RepositoryError, _ operation: String) {
        let failure = RemoteError(error, operation)
        // What was taken out of it on purpose is no damage, and what is not there may come back.
        let isPlanned = [.thinned, .leftOut, .absent].contains(error.code)
        self.init(
            failure.code, operation, failure.cause, hint: isPlanned ? failure.hint : nil,
            own: isPlanned ? nil : error)
    }
}
