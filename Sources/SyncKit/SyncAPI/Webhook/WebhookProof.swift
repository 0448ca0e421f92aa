internal import Crypto
internal import FoundationEssentials
internal import HTTPTypes
internal import SyncModel

/// How the sender of a delivery shows that it knows the secret. Nothing of a body is parsed before
/// that was checked.
struct WebhookProof: Sendable, Equatable {
    /// Who sends such deliveries.
    enum Provider: String, Sendable { case github, gitea, forgejo, gogs, gitlab, bitbucket, bearer }

    let provider: Provider
    /// Whether what was shown covers the body, so that one body is one delivery.
    let isSigned: Bool

    /// Whether anything is shown that `check` looks at.
    static func isShown(_ headers: HTTPFields) -> Bool {
        let names: [HTTPField.Name] = [
            .forgejoSignature, .giteaSignature, .gogsSignature, .hubSignature256, .hubSignature,
            .webhookSignature, .gitlabToken, .authorization,
        ]
        return names.contains { headers[$0] != nil }
    }

    /// Checks a delivery.
    /// - Parameters:
    ///   - headers: the request's.
    ///   - body: as it came, byte for byte.
    ///   - secrets: those that count now: the current one and the previous.
    ///   - now: for a signature that says when it was made.
    /// - Returns: nil when there is no proof, or one that does not hold. The header of the
    ///   provider's own wins: a wrong one is not made good by another.
    static func check(
        _ headers: HTTPFields, _ body: [UInt8], secrets: [String], now: Timestamp
    ) -> WebhookProof? {
        if let said = headers[.forgejoSignature] {
            return signed(.forgejo, said, body, secrets)
        }
        if let said = headers[.giteaSignature] { return signed(.gitea, said, body, secrets) }
        if let said = headers[.gogsSignature] { return signed(.gogs, said, body, secrets) }
        if let said = headers[.hubSignature256] {
            return signed(.github, said, body, secrets, after: "sha256=")
        }
        if let said = headers[.hubSignature], headers[.eventKey] != nil {
            return signed(.bitbucket, said, body, secrets, after: "sha256=")
        }
        if headers[.webhookSignature] != nil { return standard(headers, body, secrets, now) }
        if let said = headers[.gitlabToken] { return shown(.gitlab, said, secrets) }
        if let said = headers[.authorization], said.lowercased().hasPrefix("bearer ") {
            return shown(.bearer, String(said.dropFirst(7)), secrets)
        }
        return nil
    }

    /// A signature in hex of the body.
    private static func signed(
        _ provider: Provider, _ said: String, _ body: [UInt8], _ secrets: [String],
        after prefix: String = ""
    ) -> WebhookProof? {
        guard said.hasPrefix(prefix),
            let code = Hex.bytes(said.dropFirst(prefix.count).lowercased())
        else { return nil }
        let holds = secrets.contains { secret in
            HMAC<SHA256>.isValidAuthenticationCode(
                code, authenticating: body, using: SymmetricKey(data: Array(secret.utf8)))
        }
        return holds ? WebhookProof(provider: provider, isSigned: true) : nil
    }

    /// Standard Webhooks, as GitLab signs: `v1,` and base 64 of the id, the time and the body.
    private static func standard(
        _ headers: HTTPFields, _ body: [UInt8], _ secrets: [String], _ now: Timestamp
    ) -> WebhookProof? {
        guard let id = headers[.webhookID], let time = headers[.webhookTimestamp],
            let seconds = Int64(time), let said = headers[.webhookSignature]
        else { return nil }
        let age = now.seconds - Timestamp(seconds: seconds).seconds
        guard abs(age) <= Limits.deliveryAge.components.seconds else { return nil }
        let message = Array("\(id).\(time).".utf8) + body
        let codes = said.split(separator: " ").compactMap { part in
            part.hasPrefix("v1,") ? Data(base64Encoded: String(part.dropFirst(3))) : nil
        }
        let holds = secrets.contains { secret in
            let key =
                secret.hasPrefix("whsec_")
                ? Data(base64Encoded: String(secret.dropFirst(6))) ?? Data(secret.utf8)
                : Data(secret.utf8)
            return codes.contains { code in
                HMAC<SHA256>.isValidAuthenticationCode(
                    code, authenticating: message, using: SymmetricKey(data: key))
            }
        }
        return holds ? WebhookProof(provider: .gitlab, isSigned: true) : nil
    }

    /// The secret itself. Both are hashed: how long comparing takes tells nothing then.
    private static func shown(_ provider: Provider, _ said: String, _ secrets: [String])
        -> WebhookProof?
    {
        let hash = SHA256.hash(data: Array(said.utf8))
        let holds = secrets.contains { SHA256.hash(data: Array($0.utf8)) == hash }
        return holds ? WebhookProof(provider: provider, isSigned: false) : nil
    }
}

extension HTTPField.Name {
    static let forgejoSignature = HTTPField.Name("X-Forgejo-Signature")!
    static let giteaSignature = HTTPField.Name("X-Gitea-Signature")!
    static let gogsSignature = HTTPField.Name("X-Gogs-Signature")!
    static let hubSignature256 = HTTPField.Name("X-Hub-Signature-256")!
    static let hubSignature = HTTPField.Name("X-Hub-Signature")!
    static let gitlabToken = HTTPField.Name("X-Gitlab-Token")!
    static let webhookID = HTTPField.Name("webhook-id")!
    static let webhookTimestamp = HTTPField.Name("webhook-timestamp")!
    static let webhookSignature = HTTPField.Name("webhook-signature")!
    static let eventKey = HTTPField.Name("X-Event-Key")!
}
