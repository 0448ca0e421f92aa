/// A token to make: the body of `POST /api/sync/tokens`.
package struct TokenRequest: Sendable, Codable, Equatable {
    /// 1 to 64 letters, digits, `.`, `_` and `-`.
    package var name: String
    /// What it may do.
    package var scope: AccessScope
    /// After so many seconds it ends; nil for never.
    package var expiresIn: Int?

    enum CodingKeys: String, CodingKey {
        case name, scope
        case expiresIn = "expires_in"
    }

    package init(name: String, scope: AccessScope, expiresIn: Int?) {
        (self.name, self.scope, self.expiresIn) = (name, scope, expiresIn)
    }
}

/// A token that was made, with its secret, which is shown this once.
package struct CreatedToken: Sendable, Codable, Equatable {
    /// The token.
    package let token: AccessToken
    /// What to send as `Authorization: Bearer`.
    package let secret: String

    package init(token: AccessToken, secret: String) {
        (self.token, self.secret) = (token, secret)
    }
}

/// A link that lets one browser in, once: the answer to `POST /api/sync/login-links`.
package struct LoginLink: Sendable, Codable, Equatable {
    /// The link.
    package let url: String

    package init(url: String) { self.url = url }
}
