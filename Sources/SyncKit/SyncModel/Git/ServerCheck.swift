/// What servers that check a push (`receive.fsckObjects`) find wrong with a file of git's own.
/// Source: `fsck_blob` in git's `fsck.c`.
package enum ServerCheck {
    /// Why a server refuses a file's content; nil for what it takes, or surely does.
    /// - Parameter name: the last name of the file's path.
    package static func refusal(of content: [UInt8], named name: some Collection<UInt8>)
        -> String?
    {
        let name = Array(name)
        guard TreeName.mayBeGits(name) else { return nil }
        if TreeName.isAttributes(name) {
            // What stands behind a zero is not read.
            let lines = content.prefix { $0 != 0 }.split(separator: 0x0a)
            return lines.contains { $0.count > Limits.attributeLineBytes }
                ? "a line of more than \(Limits.attributeLineBytes) bytes" : nil
        }
        return TreeName.isModules(name) ? modules(content) : nil
    }

    /// Looks for what would make git run something, or write elsewhere.
    private static func modules(_ content: [UInt8]) -> String? {
        let text = String(decoding: content, as: UTF8.self)
            .replacing("\r\n", with: "\n").replacing("\\\n", with: "")
        for line in text.split(separator: "\n") {
            var rest = trimmed(line)
            if rest.first == "[", let end = rest.lastIndex(of: "]") {
                if let name = subsection(rest[..<end]), isOutside(name) {
                    return "a submodule of the name \"\(name)\""
                }
                rest = trimmed(rest[rest.index(after: end)...])
            }
            guard let equals = rest.firstIndex(of: "=") else { continue }
            let value = trimmed(rest[rest.index(after: equals)...]).filter { $0 != "\"" }
            switch trimmed(rest[..<equals]).lowercased() {
            case "update" where value.first == "!": return "a submodule's command"
            case "path" where value.first == "-": return "a submodule's path that is an option"
            case "url" where isRefused(url: value): return "a submodule's URL"
            default: break
            }
        }
        return nil
    }

    private static func trimmed(_ text: Substring) -> Substring {
        let start = text.drop { $0 == " " || $0 == "\t" }
        guard let last = start.lastIndex(where: { $0 != " " && $0 != "\t" }) else { return "" }
        return start[...last]
    }

    /// The name in `[submodule "name"`.
    private static func subsection(_ header: Substring) -> String? {
        guard let open = header.firstIndex(of: "\""), let close = header.lastIndex(of: "\""),
            open < close, header[..<open].lowercased().contains("submodule")
        else { return nil }
        return String(header[header.index(after: open)..<close])
    }

    private static func isOutside(_ name: String) -> Bool {
        name.isEmpty || name.split(whereSeparator: { "/\\".contains($0) }).contains("..")
    }

    private static func isRefused(url: String) -> Bool {
        if url.first == "-" || url.lowercased().contains("%0a") || url.contains("\\n") {
            return true
        }
        if url.hasPrefix("./") || url.hasPrefix("../") {
            let next = url.replacing("./", with: "").replacing(".", with: "").first
            return url.contains("../") && (next == ":" || next == "/")
        }
        let address = url.components(after: "::")
        for scheme in ["http://", "https://", "ftp://", "ftps://"]
        where address.lowercased().hasPrefix(scheme) {
            let host = address.dropFirst(scheme.count).prefix { $0 != "/" && $0 != "?" }
            return host.isEmpty || host.hasPrefix(":")
        }
        return false
    }
}

extension String {
    /// What follows the separator; all where there is none.
    fileprivate func components(after separator: String) -> Substring {
        firstRange(of: separator).map { self[$0.upperBound...] } ?? self[...]
    }
}
