internal import SyncModel

/// Whether a delivery concerns this vault.
enum WebhookDecision: Equatable {
    /// The remote may have something new.
    case fetch
    /// Nothing to do, and why.
    case ignore(String)

    /// Decides.
    /// - Parameters:
    ///   - event: what the delivery says.
    ///   - branch: the synced branch.
    ///   - remote: its URL; nil for none.
    init(_ event: WebhookEvent, branch: String, remote: String?) {
        guard let remote else {
            self = .ignore("this vault has no remote")
            return
        }
        if event.name.lowercased() == "ping" || event.name == "diagnostics:ping" {
            self = .ignore("a ping")
            return
        }
        guard event.isPush else {
            self = .ignore("the event \(event.name) moves no branch")
            return
        }
        if !event.repositories.isEmpty, !Self.names(event.repositories, remote) {
            self = .ignore("another repository: \(event.repositories[0])")
            return
        }
        let references = event.changes.compactMap(\.reference)
        if !references.isEmpty, !references.contains("refs/heads/\(branch)") {
            self = .ignore("another branch: \(references[0])")
            return
        }
        self = .fetch
    }

    /// Whether one of the names of a repository is the remote's. Where it cannot be told, it is:
    /// a fetch too many does no harm.
    private static func names(_ names: [String], _ remote: String) -> Bool {
        guard let place = place(remote) else { return true }
        let wanted = place.lowercased()
        return names.contains { name in
            let here = Self.place(name) ?? path(name)
            let text = here.lowercased()
            return text == wanted || wanted.hasSuffix("/" + text) || text.hasSuffix("/" + wanted)
        }
    }

    /// `owner/name` of a URL, as far as it is one.
    private static func place(_ url: String) -> String? {
        if let mark = url.firstRange(of: "://") {
            let rest = url[mark.upperBound...]
            guard url[..<mark.lowerBound] != "file", let slash = rest.firstIndex(of: "/") else {
                return nil
            }
            return path(String(rest[slash...]))
        }
        guard !url.hasPrefix("/"), let colon = url.firstIndex(of: ":") else { return nil }
        return path(String(url[url.index(after: colon)...]))
    }

    private static func path(_ text: String) -> String {
        var path = text
        while path.hasPrefix("/") { path.removeFirst() }
        while path.hasSuffix("/") { path.removeLast() }
        return path.hasSuffix(".git") ? String(path.dropLast(4)) : path
    }
}
