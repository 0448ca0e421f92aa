internal import SyncModel

extension Vault {
    /// Names under which the state store keeps facts for the status.
    package enum Fact {
        /// Set while the vault is paused.
        package static let paused = "paused"
        /// When this state store began to know what the device does, in milliseconds.
        static let begun = "begun"
        static let recalled = "recalled"
        static let scope = "scope"
        /// The remote's head that this device goes along with.
        package static let remoteHead = "remote-head"
        static let remoteURL = "remote-url"
        /// The branch whose head that is.
        static let remoteBranch = "remote-branch"
        static let remoteChange = "remote-change"
        /// The head whose push the remote declined; none once it took one.
        static let declined = "declined"
        static let unsigned = "unsigned"
        static let verified = "admitted"
        static let refused = "refused"
        static let pushes = "pushes"
        static let pushed = "last-local-to-remote"
        static let pulled = "last-remote-to-local"
        static let hookWords = "hook-words"
        static let hookHead = "hook-head"
        static let tooLarge = "too-large"
        /// The last commit that came and was merged by rules that are not known here, and which.
        static let newerRules = "newer-rules"
    }
}
