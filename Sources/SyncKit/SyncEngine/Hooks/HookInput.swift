internal import FoundationEssentials
internal import SyncModel

/// What a hook reads from its standard input: one object of JSON, one line.
struct HookInput: Encodable {
    /// One path that changes, or changed.
    struct Change: Encodable {
        enum Kind: String, Encodable { case added, modified, deleted }

        let path: TreePath
        /// The local file; nil where no folder of this device has the path.
        @OrNull var file: String?
        let change: Kind
        /// What stands there, in the repository; nil for a deletion and for a directory.
        @OrNull var blob: ObjectID?

        init(_ change: TreeChange, file: String?) {
            path = change.path
            self.file = file
            self.change =
                change.before == nil ? .added : change.after == nil ? .deleted : .modified
            blob = change.after.flatMap { $0.isDirectory ? nil : $0.id }
        }
    }

    let hook: HookName
    let vault: String
    let device: String
    /// The bare repository, whose objects `blob` and the commits name.
    let repository: String
    /// ISO 8601.
    let time: String
    var changes: [Change]?
    /// How many changes are not listed.
    var omitted: Int?
    /// The commit up to which the hook was told before; for `post-sync`.
    var before: String?
    var head: String?
    var state: VaultStatus.State?
    /// Why, for a person, the most urgent first.
    var reasons: [String]?
    var conflicts: [OpenConflict]?

    init(_ hook: HookName, _ configuration: Configuration, at time: Timestamp) {
        self.hook = hook
        vault = configuration.vault
        device = configuration.device
        repository = configuration.repository
        self.time = time.iso8601
    }

    /// The line.
    func encoded() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(self)) + [0x0a]
    }
}
