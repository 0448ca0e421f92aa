/// The keys that the body of a request may have. One that is mistyped is refused: where it means
/// `dry_run` or `if_match`, passing it over would change what nobody asked for.
enum RequestKeys: String, CaseIterable {
    case cycle = "CycleRequest"
    case remote = "RemoteRequest"
    case resolve = "ResolveRequest"
    case restore = "RestoreRequest"
    case rollback = "RollbackRequest"
    case skip = "SkipRequest"
    case token = "TokenRequest"
    case type = "TypeRequest"
    case undo = "UndoRequest"
    case batch = "WriteBatch"
    case write = "WriteOne"
    /// Each of the `writes` of a batch.
    case writes = "FileWrite"

    /// Those that it knows.
    var known: Set<String> {
        switch self {
        case .cycle: ["scan", "accept_deletes", "restore_deleted", "accept_folders"]
        case .remote: ["choice", "dry_run"]
        case .resolve: ["choice", "content", "sides", "if_match", "continues", "dry_run"]
        case .restore: ["paths", "to", "record", "dry_run"]
        case .rollback: ["to", "path", "paths", "device", "agent", "dry_run"]
        case .skip: ["commit"]
        case .token: ["name", "scope", "expires_in"]
        case .type: ["pattern", "type"]
        case .undo: ["commit", "dry_run"]
        case .batch: ["writes", "description", "agent"]
        case .write: Self.writes.known.union(["description", "agent"])
        case .writes: ["path", "content", "encoding", "if_match", "delete"]
        }
    }
}

/// The keys of a body, as it was sent.
struct SentKeys: Decodable {
    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }

        init?(intValue: Int) { nil }
    }

    private let names: [String]
    /// Those of the objects in `writes`.
    private let writes: [SentKeys]

    init(from decoder: any Decoder) throws {
        let keys = try decoder.container(keyedBy: Key.self)
        names = keys.allKeys.map(\.stringValue)
        let inner = Key(stringValue: "writes")
        writes = names.contains("writes") ? try keys.decode([SentKeys].self, forKey: inner) : []
    }

    /// The first that a request does not know; nil where it knows all.
    func unknown(to keys: RequestKeys) -> String? {
        if let name = names.sorted().first(where: { !keys.known.contains($0) }) { return name }
        return writes.lazy.compactMap { $0.unknown(to: .writes) }.first
    }
}
