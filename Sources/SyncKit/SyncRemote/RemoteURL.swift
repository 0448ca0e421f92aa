package import SyncModel
internal import SyncHTTP

/// Where a remote behind a network stands. Source: git-clone(1), "GIT URLS".
package enum RemoteURL: Sendable, Equatable {
    /// - Parameters:
    ///   - base: the URL without login, query and slashes at its end.
    ///   - user: the login's name that the URL gives.
    case https(base: String, user: String?)
    /// - Parameters:
    ///   - host: as `ssh` takes it, `user@host`; also a name of `~/.ssh/config`.
    ///   - port: nil leaves it to the configuration of `ssh`.
    ///   - path: on the host; not absolute: below the home directory there.
    case ssh(host: String, port: Int?, path: String)

    /// Reads a URL or `host:path`.
    /// - Throws: `.unreachable` for a scheme that is not spoken, for `http://` to another machine,
    ///   for a URL that names no repository, or for a host or path that a program could take for
    ///   an option.
    package init(_ text: String) throws(RemoteError) {
        func refuse(_ cause: String, _ hint: String) -> RemoteError {
            RemoteError(.unreachable, "open the remote", cause, hint: hint)
        }
        let hint = "set repository.remote to https://…, ssh://…, host:path or a path"
        if text.contains("://") {
            let scheme = text.prefix { $0 != ":" }.lowercased()
            switch scheme {
            case "https", "http":
                guard let host = HTTPHost(of: text), let url = Self.web(text) else {
                    throw refuse("\(text) names no repository", hint)
                }
                if scheme == "http" && !host.isLoopback {
                    throw refuse(
                        "http:// shows every file, and the token, to everybody on the way",
                        "set repository.remote to https://…")
                }
                self = url
            case "ssh", "git+ssh", "ssh+git":
                guard let url = Self.secureShell(text) else {
                    throw refuse("\(text) names no repository", hint)
                }
                self = url
            default: throw refuse("\(scheme):// is not spoken", hint)
            }
            return
        }
        guard let url = Self.hostAndPath(text) else {
            throw refuse("\(text) is no URL, no host:path and no path", hint)
        }
        self = url
    }

    private static func web(_ text: String) -> RemoteURL? {
        guard let mark = text.firstRange(of: "://") else { return nil }
        var rest = text[mark.upperBound...].prefix { !"?#".contains($0) }
        let authority = rest.prefix { $0 != "/" }
        var user: String?
        if let at = authority.lastIndex(of: "@") {
            user = decode(authority[..<at].prefix { $0 != ":" })
            rest = rest[rest.index(after: at)...]
        }
        while rest.hasSuffix("/") { rest = rest.dropLast() }
        guard rest.contains("/") else { return nil }
        return .https(
            base: "\(text[..<mark.lowerBound].lowercased())://\(rest)",
            user: user?.isEmpty == true ? nil : user)
    }

    private static func secureShell(_ text: String) -> RemoteURL? {
        guard let mark = text.firstRange(of: "://") else { return nil }
        let rest = text[mark.upperBound...]
        let authority = rest.prefix { $0 != "/" }
        guard var path = decode(rest.dropFirst(authority.count)) else { return nil }
        // As git has it: `/~user/…` is the home directory's.
        if path.hasPrefix("/~") { path = String(path.dropFirst()) }
        var (host, port) = (String(authority), Int?.none)
        if let colon = authority.lastIndex(of: ":"), !authority[colon...].contains("]") {
            guard let number = UInt16(authority[authority.index(after: colon)...]) else {
                return nil
            }
            (host, port) = (String(authority[..<colon]), Int(number))
        }
        return checked(host, port, path)
    }

    private static func hostAndPath(_ text: String) -> RemoteURL? {
        let start =
            text.hasPrefix("[") ? text.firstIndex(of: "]") ?? text.startIndex : text.startIndex
        guard let colon = text[start...].firstIndex(of: ":"), !text[..<colon].contains("/")
        else { return nil }
        return checked(String(text[..<colon]), nil, String(text[text.index(after: colon)...]))
    }

    /// - Returns: nil for what `ssh` or the program at the other end could take for an option.
    private static func checked(_ host: String, _ port: Int?, _ path: String) -> RemoteURL? {
        let bare = host.filter { $0 != "[" && $0 != "]" }
        let isClean = (bare + path).unicodeScalars.allSatisfy {
            $0.value >= 0x20 && $0.value != 0x7f
        }
        let name = bare.split(separator: "@", omittingEmptySubsequences: false).last ?? ""
        guard isClean, !name.isEmpty, !name.hasPrefix("-"), !bare.hasPrefix("-"),
            !bare.contains(" "), !path.isEmpty, path != "/", !path.hasPrefix("-")
        else { return nil }
        return .ssh(host: bare, port: port, path: path)
    }

    /// Decodes `%40` and the like; nil when a percent sign is not followed by two digits.
    private static func decode(_ text: some StringProtocol) -> String? {
        RemotePath.decode(String(text))
    }
}
