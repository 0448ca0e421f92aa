internal import SyncModel

/// Checks of single values. Each gives nil for what it does not take.
package enum Value {
    /// A whole number and `ms`, `s`, `m` or `h`.
    package static func duration(_ text: String) -> Duration? {
        let units: [(String, Int64)] = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000)]
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let unit = units.first(where: { $0.0 == text.dropFirst(digits.count) }),
            let number = Int64(digits)
        else { return nil }
        let (milliseconds, isTooLarge) = number.multipliedReportingOverflow(by: unit.1)
        return isTooLarge ? nil : .milliseconds(milliseconds)
    }

    /// A whole number from 0 to 100 and `%`.
    static func percent(_ text: String) -> Int? {
        guard text.hasSuffix("%"), text.dropLast().allSatisfy({ $0.isASCII && $0.isNumber }),
            let number = Int(text.dropLast()), number <= 100
        else { return nil }
        return number
    }

    /// Whether the text can be one name of a ref, after git-check-ref-format(1).
    static func isRefName(_ name: some StringProtocol) -> Bool {
        let forbidden = Set(" ~^:?*[\\/\u{7f}".unicodeScalars)
        return !name.isEmpty && !name.hasPrefix(".") && !name.hasSuffix(".lock")
            && !name.hasSuffix(".") && !name.contains("..") && !name.contains("@{")
            && name.unicodeScalars.allSatisfy { $0.value >= 0x20 && !forbidden.contains($0) }
    }

    /// Whether the text can be a branch.
    static func isBranch(_ name: String) -> Bool {
        name.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { isRefName($0) }
            && !name.hasPrefix("-") && name != "HEAD" && name != "@"
    }

    /// Whether the text can be a file name and part of a commit's author on any system.
    static func isVault(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 64 && !name.hasPrefix(".") && !name.hasPrefix("-")
            && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) }
    }

    /// Whether the text can name a device: one name of a ref, and a name in a commit.
    static func isDevice(_ name: String) -> Bool {
        isRefName(name) && name.utf8.count <= 200 && !name.hasPrefix("-")
            && !name.contains { "<>".contains($0) }
    }

    /// Whether the text is `HOST:PORT`, or empty.
    static func isListenAddress(_ text: String) -> Bool {
        if text.isEmpty { return true }
        guard let colon = text.lastIndex(of: ":") else { return false }
        let (host, port) = (text[..<colon], text[text.index(after: colon)...])
        guard !port.isEmpty, port.allSatisfy({ $0.isASCII && $0.isNumber }), UInt16(port) != nil
        else { return false }
        if host.hasPrefix("["), host.hasSuffix("]") {
            let inner = host.dropFirst().dropLast()
            return inner.contains(":")
                && inner.allSatisfy { $0.isHexDigit || $0 == ":" || $0 == "." }
        }
        return !host.isEmpty
            && host.allSatisfy {
                $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "." || $0 == "-")
            }
    }

    /// Whether the text is the name of a host, and no address.
    static func isHostName(_ text: String) -> Bool {
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        return text.utf8.count <= 253 && AddressRange(text) == nil
            && labels.allSatisfy { label in
                (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                    && label.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
            }
    }

    /// Whether only this machine reaches a listen address; nobody reaches an empty one.
    static func isLoopback(_ listen: String) -> Bool {
        guard let host = Configuration.HTTP.address(listen)?.host else { return true }
        return host.lowercased() == "localhost" || AddressRange.isLoopback(host)
    }

    /// Whether a daemon's events can be asked for at a URL without giving a token away.
    static func isEventsURL(_ text: String) -> Bool {
        let isPlain = text.hasPrefix("http://")
        guard isPlain || text.hasPrefix("https://"), !holdsPassword(text),
            text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f })
        else { return false }
        let place = text.dropFirst(isPlain ? 7 : 8).prefix { !"/?#".contains($0) }
        if place.isEmpty || place.contains("@") { return false }
        return !isPlain || isLoopback(place.contains(":") ? String(place) : place + ":80")
    }

    /// Whether the text can name an environment variable.
    static func isVariable(_ name: String) -> Bool {
        guard let first = name.first, !first.isNumber else { return false }
        return name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
    }

    /// Whether a remote is a URL or `host:path`, not a path on this machine.
    static func isNetworkRemote(_ remote: String) -> Bool {
        if remote.contains("://") { return true }
        guard let colon = remote.firstIndex(of: ":") else { return false }
        return !remote[..<colon].contains("/") && colon != remote.startIndex
    }

    /// Whether a URL holds a password, or a token where the user's name stands.
    static func holdsPassword(_ url: String) -> Bool {
        guard let scheme = url.firstRange(of: "://") else { return false }
        let authority = url[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard let at = authority.lastIndex(of: "@") else { return false }
        let user = authority[..<at]
        return user.contains(":") || isToken(user)
    }

    /// Whether a name is what hosts make their tokens like: GitHub's and GitLab's by how they
    /// begin, Gitea's and GitHub's of before 2021 by 40 digits.
    private static func isToken(_ name: Substring) -> Bool {
        let begins = ["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-"]
        return begins.contains { name.hasPrefix($0) }
            || name.utf8.count == 40 && name.allSatisfy { $0.isASCII && $0.isHexDigit }
    }
}
