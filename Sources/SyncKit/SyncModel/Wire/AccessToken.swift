/// What a login may do; each may also do what the ones before it may.
package enum AccessScope: String, Sendable, WordInJSON, Comparable {
    /// Reads status, history and events.
    case read
    /// Writes files, resolves conflicts, starts cycles.
    case write
    /// Everything: tokens, reloads, choices about a remote.
    case admin

    package static func < (left: AccessScope, right: AccessScope) -> Bool {
        left.rank < right.rank
    }

    private var rank: Int {
        switch self {
        case .read: 0
        case .write: 1
        case .admin: 2
        }
    }
}

/// A login for a script or an agent, without its secret: an entry of `token list --json`.
package struct AccessToken: Sendable, Codable, Equatable {
    /// 1 to 64 letters, digits, `.`, `_` and `-`; what is written with it names it.
    package let name: String
    /// What it may do.
    package let scope: AccessScope
    /// When it was made, ISO 8601.
    package let created: String
    /// When it ends, ISO 8601; nil for never.
    @OrNull package var expires: String?

    /// Whether a text can be a token's name, or an agent's.
    package static func isName(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.allSatisfy {
                $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0))
            }
    }

    /// - Parameter expires: nil for never.
    package init(name: String, scope: AccessScope, created: Timestamp, expires: Timestamp?) {
        (self.name, self.scope, self.created) = (name, scope, created.iso8601)
        self.expires = expires?.iso8601
    }
}
