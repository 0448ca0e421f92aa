internal import Crypto
internal import Foundation
internal import HTTPTypes
internal import SyncModel
import Testing

@testable import SyncAPI

@Suite("A webhook's proof")
struct WebhookProofTests {
    private let now = Timestamp(seconds: 1_800_000_000)

    private func check(
        _ headers: [String: String], _ body: String, _ secrets: [String] = ["new", "old"]
    ) -> WebhookProof? {
        var fields = HTTPFields()
        for (name, value) in headers { fields[HTTPField.Name(name)!] = value }
        return WebhookProof.check(fields, Array(body.utf8), secrets: secrets, now: now)
    }

    private func hex(_ body: String, _ secret: String) -> String {
        let key = SymmetricKey(data: Array(secret.utf8))
        return Hex.string(HMAC<SHA256>.authenticationCode(for: Array(body.utf8), using: key))
    }

    @Test("is GitHub's published example")
    func vector() {
        let said = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
        let secrets = ["It's a Secret to Everybody"]
        let headers = ["X-Hub-Signature-256": said]
        #expect(
            check(headers, "Hello, World!", secrets)
                == WebhookProof(provider: .github, isSigned: true))
        #expect(check(headers, "Hello, World?", secrets) == nil)
        #expect(check(headers, "Hello, World!", ["other"]) == nil)
        #expect(check(headers, "Hello, World!", []) == nil)
    }

    @Test(
        "is each provider's own, with the current secret and the previous",
        arguments: [
            ("X-Hub-Signature-256", "sha256=", WebhookProof.Provider.github),
            ("X-Gitea-Signature", "", .gitea), ("X-Forgejo-Signature", "", .forgejo),
            ("X-Gogs-Signature", "", .gogs),
        ])
    func providers(header: String, prefix: String, provider: WebhookProof.Provider) {
        for secret in ["new", "old"] {
            let proof = check([header: prefix + hex("{}", secret)], "{}")
            #expect(proof == WebhookProof(provider: provider, isSigned: true))
        }
        for wrong in [hex("{}", "older"), "", "zz", hex("{} ", "new")] {
            #expect(check([header: prefix + wrong], "{}") == nil)
        }
    }

    @Test("is Bitbucket's under the header that GitHub uses for a weaker one")
    func bitbucket() {
        let said = "sha256=" + hex("{}", "new")
        let headers = ["X-Hub-Signature": said, "X-Event-Key": "repo:push"]
        #expect(check(headers, "{}")?.provider == .bitbucket)
        #expect(check(["X-Hub-Signature": said], "{}") == nil)
        #expect(check(["X-Hub-Signature": "sha1=00", "X-Event-Key": "repo:push"], "{}") == nil)
    }

    @Test("is GitLab's token, or its signature of id, time and body")
    func gitlab() {
        let shown = WebhookProof(provider: .gitlab, isSigned: false)
        #expect(check(["X-Gitlab-Token": "old"], "{}") == shown)
        #expect(check(["X-Gitlab-Token": "older"], "{}") == nil)
        let key = Data(repeating: 7, count: 32)
        let secret = "whsec_" + key.base64EncodedString()
        func headers(_ seconds: Int64) -> [String: String] {
            let code = HMAC<SHA256>.authenticationCode(
                for: Array("id1.\(seconds).{}".utf8), using: SymmetricKey(data: key))
            return [
                "webhook-id": "id1", "webhook-timestamp": "\(seconds)",
                "webhook-signature": "v1,AAAA v1,\(Data(code).base64EncodedString())",
            ]
        }
        let signed = WebhookProof(provider: .gitlab, isSigned: true)
        let age = Limits.deliveryAge.components.seconds
        #expect(check(headers(now.seconds), "{}", [secret]) == signed)
        #expect(check(headers(now.seconds - age), "{}", [secret]) == signed)
        #expect(check(headers(now.seconds - age - 1), "{}", [secret]) == nil)
        #expect(check(headers(now.seconds + age + 1), "{}", [secret]) == nil)
        #expect(check(headers(.max), "{}", [secret]) == nil)
        #expect(check(headers(now.seconds), "{} ", [secret]) == nil)
    }

    @Test("is the secret itself from a workflow, and nothing where there is none")
    func bearer() {
        #expect(check(["Authorization": "Bearer new"], "")?.provider == .bearer)
        #expect(check(["Authorization": "bearer old"], "")?.provider == .bearer)
        #expect(check(["Authorization": "Bearer "], "") == nil)
        #expect(check(["Authorization": "Basic new"], "") == nil)
        #expect(check([:], "{}") == nil)
    }

    @Test("that is wrong is not made good by another")
    func first() {
        let headers = [
            "X-Forgejo-Signature": hex("{}", "wrong"), "X-Gitea-Signature": hex("{}", "new"),
            "Authorization": "Bearer new",
        ]
        #expect(check(headers, "{}") == nil)
    }
}
