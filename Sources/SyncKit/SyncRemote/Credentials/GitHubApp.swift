internal import CryptoExtras
internal import FoundationEssentials
internal import SyncHTTP
internal import SyncModel

/// A GitHub App's login: a token for an hour, for one thing of one repository alone, which the
/// App's private key can have made. Source: GitHub's "Generating an installation access token
/// for a GitHub App" and "Generating a JSON Web Token (JWT) for a GitHub App"; RFC 7519.
struct GitHubApp: SecretSource {
    let id: String
    let keyFile: String
    let base: String
    let client: HTTPClient.Options
    var permission = Permission.contents

    /// What the token is for.
    enum Permission: String { case contents, webhooks = "repository_hooks" }

    /// Of the hour that GitHub gives.
    var validity: Duration? { .seconds(50 * 60) }

    func login(_ cancellation: Cancellation) throws(RemoteError) -> HTTPRequest.Login? {
        guard let place = Place(base) else {
            throw refuse("\(base) is no repository of GitHub", "use another source in [auth]")
        }
        let proof = try self.proof()
        let installation: Installation = try ask(
            "\(place.api)/repos/\(place.owner)/\(place.name)/installation", .none, proof,
            cancellation)
        let wish =
            #"{"repositories":["\#(place.name)"],"#
            + #""permissions":{"\#(permission.rawValue)":"write"}}"#
        let made: Made = try ask(
            "\(place.api)/app/installations/\(installation.id)/access_tokens",
            .bytes(Array(wish.utf8)), proof, cancellation)
        return try Token.login(made.token, "x-access-token", "GitHub's answer")
    }

    private struct Installation: Decodable { let id: Int }
    private struct Made: Decodable { let token: String }

    /// Where a repository's API is.
    struct Place: Equatable {
        let api: String
        let owner: String
        let name: String

        /// Takes `https://HOST/OWNER/NAME.git`; nil for another form.
        init?(_ base: String) {
            let parts = base.split(separator: "/")
            guard parts.count == 4, parts[0] == "https:" else { return nil }
            func isPlain(_ word: Substring) -> Bool {
                word.utf8.allSatisfy { byte in
                    let letter = byte | 0x20
                    return (0x61...0x7a).contains(letter) || (0x30...0x39).contains(byte)
                        || [0x2d, 0x2e, 0x5f].contains(byte)
                }
            }
            let last = parts[3].hasSuffix(".git") ? parts[3].dropLast(4) : parts[3]
            guard isPlain(parts[2]), isPlain(last), !last.isEmpty else { return nil }
            let host = parts[1].lowercased()
            api = host == "github.com" ? "https://api.github.com" : "https://\(host)/api/v3"
            (owner, name) = (String(parts[2]), String(last))
        }
    }

    /// A token signed with the App's key that says who asks, good for nine minutes.
    func proof() throws(RemoteError) -> String {
        let text = try SecretFile.read(keyFile) ?? ""
        let now = UnixTime.now
        // A minute back: the clocks may differ.
        let claims = #"{"iat":\#(now - 60),"exp":\#(now + 540),"iss":"\#(id)"}"#
        let signed = [#"{"alg":"RS256","typ":"JWT"}"#, claims]
            .map { Self.base64(Array($0.utf8)) }.joined(separator: ".")
        do {
            let key = try _RSA.Signing.PrivateKey(pemRepresentation: text)
            let signature = try key.signature(
                for: Data(signed.utf8), padding: .insecurePKCS1v1_5)
            return "\(signed).\(Self.base64(Array(signature.rawRepresentation)))"
        } catch {
            throw refuse("\(keyFile) holds no RSA key", "take the key as GitHub gives it: PEM")
        }
    }

    /// Base64 as URLs take it, without padding. Source: RFC 4648, section 5.
    private static func base64(_ bytes: [UInt8]) -> String {
        Data(bytes).base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    private func ask<Answer: Decodable>(
        _ url: String, _ body: HTTPRequest.Body, _ proof: String, _ cancellation: Cancellation
    ) throws(RemoteError) -> Answer {
        try GitHubAPI(
            client: client, operation: "read the token",
            refusals: [
                401: ("GitHub does not take the App's key", "check auth.github_app, its key"),
                404: (
                    "the GitHub App is not installed on this repository",
                    "install it there, with leave to write contents"
                ),
            ]
        ).ask(url, body, as: proof, cancellation).answer
    }

    private func refuse(_ cause: String, _ hint: String) -> RemoteError {
        RemoteError(.authentication, "read the token", cause, hint: hint)
    }
}
