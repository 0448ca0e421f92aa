internal import Foundation
internal import HTTPTypes
internal import SyncModel

/// What a delivery says. It is a hint, so a key that is missing is none that is wrong.
struct WebhookEvent: Sendable, Equatable {
    /// A branch or tag that moved.
    struct Change: Sendable, Equatable {
        /// In full; nil where the delivery does not say.
        var reference: String?
        /// Where it points since; nil for nowhere, and where the delivery does not say.
        var after: String?
    }

    /// The provider's name of it, such as `push`.
    var name: String
    /// The id that the sender gave it.
    var id: String?
    /// Whether it is about branches that moved.
    var isPush: Bool
    /// The repository's URLs and names, as far as the delivery has them.
    var repositories: [String] = []
    /// What moved; empty where the delivery does not say.
    var changes: [Change] = []

    /// Reads what the headers say.
    init(_ headers: HTTPFields) {
        let name = Self.names.lazy.compactMap { headers[$0] }.first ?? "push"
        self.name = name
        id = Self.ids.lazy.compactMap { headers[$0] }.first
        isPush = Self.pushes.contains(name.lowercased())
    }

    /// Reads what the body says.
    /// - Throws: `Unreadable` when it is no JSON object, and no form that has one.
    mutating func read(_ headers: HTTPFields, _ body: [UInt8]) throws(Unreadable) {
        let payload = try Self.payload(headers, body)
        repositories = payload.repositoryNames
        changes = payload.allChanges
    }

    /// The body is none that can be read.
    struct Unreadable: Error { let words: String }

    private static let names = [
        "X-Forgejo-Event", "X-Gitea-Event", "X-Gogs-Event", "X-GitHub-Event", "X-Gitlab-Event",
        "X-Event-Key",
    ].map { HTTPField.Name($0)! }

    private static let ids = [
        "X-Forgejo-Delivery", "X-Gitea-Delivery", "X-Gogs-Delivery", "X-GitHub-Delivery",
        "webhook-id", "X-Gitlab-Event-UUID", "X-Request-UUID", "X-Request-Id", "Idempotency-Key",
    ].map { HTTPField.Name($0)! }

    private static let pushes: Set<String> = [
        "push", "push hook", "repo:push", "repo:refs_changed", "tag push hook",
    ]

    /// GitHub and others send a form with the key `payload` where they are asked to.
    private static func payload(_ headers: HTTPFields, _ body: [UInt8]) throws(Unreadable)
        -> Payload
    {
        var json = body
        if headers[.contentType]?.lowercased().hasPrefix("application/x-www-form-urlencoded")
            ?? false
        {
            let fields = String(decoding: body, as: UTF8.self).split(separator: "&")
            guard let field = fields.first(where: { $0.hasPrefix("payload=") }),
                let text = String(field.dropFirst(8).replacing("+", with: " "))
                    .removingPercentEncoding
            else { throw Unreadable(words: "the body is a form without the key payload") }
            json = Array(text.utf8)
        }
        if json.isEmpty { return Payload() }
        do { return try JSONDecoder().decode(Payload.self, from: Data(json)) } catch {
            throw Unreadable(words: "the body is no JSON object")
        }
    }
}

/// What is read of the providers' bodies, any part of which may be missing.
private struct Payload: Decodable {
    struct Repository: Decodable {
        var names: [String] = []

        init(from decoder: any Decoder) throws {
            let keys = try decoder.container(keyedBy: Key.self)
            for key in keys.allKeys where Self.keys.contains(key.stringValue) {
                // Each provider names it in its own ways: what is no text here is none of them.
                if let text = try? keys.decode(String.self, forKey: key) { names.append(text) }
            }
        }

        static let keys: Set<String> = [
            "full_name", "clone_url", "ssh_url", "html_url", "git_url", "url", "git_http_url",
            "git_ssh_url", "homepage", "path_with_namespace", "web_url",
        ]
    }

    struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { return nil }
    }

    var allChanges: [WebhookEvent.Change] = []
    var repositoryNames: [String] = []

    init() {}

    private struct Target: Decodable { var hash: String? }
    private struct Side: Decodable {
        var name: String?
        var type: String?
        var target: Target?
    }
    private struct Moved: Decodable {
        struct Reference: Decodable { var id: String? }
        var new: Side?
        var old: Side?
        var ref: Reference?
        var refId: String?
        var toHash: String?
    }
    private struct Push: Decodable { var changes: [Moved]? }

    init(from decoder: any Decoder) throws {
        let keys = try decoder.container(keyedBy: Key.self)
        func read<Value: Decodable>(_ type: Value.Type, _ name: String) -> Value? {
            // A part of another form says nothing, and the rest still does.
            Key(stringValue: name).flatMap { try? keys.decode(type, forKey: $0) }
        }
        for name in ["repository", "project"] {
            repositoryNames += read(Repository.self, name)?.names ?? []
        }
        if let reference = read(String.self, "ref") {
            let after = read(String.self, "after").flatMap(Self.commit)
            allChanges.append(.init(reference: reference, after: after))
        }
        let moved = (read(Push.self, "push")?.changes ?? []) + (read([Moved].self, "changes") ?? [])
        for change in moved {
            if let id = change.ref?.id ?? change.refId {
                allChanges.append(.init(reference: id, after: change.toHash.flatMap(Self.commit)))
            } else if let side = change.new ?? change.old, let name = side.name {
                let kind = side.type == "tag" ? "refs/tags/" : "refs/heads/"
                allChanges.append(
                    .init(reference: kind + name, after: change.new?.target?.hash))
            }
        }
    }

    /// Of a deletion the new id is all zeros.
    private static func commit(_ text: String) -> String? {
        text.allSatisfy { $0 == "0" } ? nil : text
    }
}
