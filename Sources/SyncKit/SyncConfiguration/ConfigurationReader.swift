/// Takes keys from a parsed document and notes every mistake instead of stopping at the first.
struct ConfigurationReader {
    /// Every table and its keys, as docs/reference/configuration.md has them; "" is the top.
    static let schema: [(table: String, keys: [String])] = [
        (
            "",
            [
                "vault", "device", "repository", "folder", "sync", "commit", "auth", "http",
                "history", "upstream",
            ]
        ),
        ("device", ["name"]),
        ("repository", ["path", "branch", "remote"]),
        ("folder", ["path", "prefix", "ignore"]),
        ("sync", ["quiet", "max_wait", "poll", "pushes", "full_scan", "max_deletes", "timeout"]),
        ("commit", ["sign", "signing_key", "require_signed", "trusted"]),
        (
            "auth",
            ["token_env", "token_file", "token_command", "github_app", "github_app_key_file"]
        ),
        (
            "http",
            ["listen", "webhook_secret_file", "hosts", "certificate", "key", "behind_proxy"]
        ),
        ("history", ["keep"]),
        ("upstream", ["events", "token_file"]),
    ]

    let file: String
    let paths: LocalPaths
    private let lines: TOMLLines
    private(set) var problems: [ConfigurationError.Problem] = []

    init(file: String, text: String, paths: LocalPaths) {
        self.file = file
        self.paths = paths
        lines = TOMLLines(text)
    }

    /// The mistakes in the order of the lines.
    var sorted: [ConfigurationError.Problem] {
        problems.enumerated().sorted {
            ($0.element.line ?? 0, $0.offset) < ($1.element.line ?? 0, $1.offset)
        }.map(\.element)
    }

    /// Notes a mistake.
    mutating func note(_ key: [String], _ message: String) {
        problems.append(
            .init(
                file: file, line: lines.line(key), column: nil,
                key: key.isEmpty ? nil : Self.text(key), message: message))
    }

    /// The line of a key, for the message of another.
    func line(_ key: [String]) -> String { "line \(lines.line(key) ?? 1)" }

    /// A key as one would write it: `folder[1].path`, the first array element being 1.
    static func text(_ key: [String]) -> String {
        key.reduce(into: "") { text, part in
            if let index = Int(part), !text.isEmpty {
                text += "[\(index + 1)]"
            } else {
                text += (text.isEmpty ? "" : ".") + part
            }
        }
    }

    /// Notes the keys of a table that are not known.
    mutating func checkKeys(_ table: [String: TOMLNode], _ path: [String]) {
        let name = path.first ?? ""
        guard let known = Self.schema.first(where: { $0.table == name })?.keys else { return }
        for (key, value) in table where !known.contains(key) {
            var message = "unknown key, expected one of " + known.joined(separator: ", ")
            if path.isEmpty, case .table = value {
                message =
                    "unknown table, expected one of [device], [repository], [[folder]], "
                    + "[sync], [commit], [auth], [http], [history], [upstream]"
            }
            let elsewhere = Self.schema.first { $0.table != name && $0.keys.contains(key) }
            if let elsewhere, !isNear(key, known) {
                message +=
                    elsewhere.table.isEmpty
                    ? "; \(key) belongs at the top of the file, above the first table"
                    : "; \(key) belongs in "
                        + (elsewhere.table == "folder" ? "[[folder]]" : "[\(elsewhere.table)]")
            } else if let nearest = nearestKey(key, in: known) {
                message += "; the nearest is \(nearest)"
            }
            note(path + [key], message)
        }
    }

    private func isNear(_ key: String, _ known: [String]) -> Bool {
        known.contains { editDistance(key, $0) <= max(1, min(key.count, $0.count) / 3) }
    }

    /// A table of the top; empty when it is absent or is none.
    mutating func table(_ top: [String: TOMLNode], _ name: String) -> [String: TOMLNode] {
        guard let node = top[name] else { return [:] }
        guard case .table(let table) = node else {
            note([name], "expected a table, [\(name)], found \(node.typeName)")
            return [:]
        }
        checkKeys(table, [name])
        return table
    }

    /// A string; nil when it is absent, or is none and that was noted.
    mutating func string(
        _ table: [String: TOMLNode], _ path: [String], expected: String = "a string"
    ) -> String? {
        guard let node = path.last.flatMap({ table[$0] }) else { return nil }
        guard case .string(let text) = node else {
            note(path, "expected \(expected), found \(node.typeName)")
            return nil
        }
        return text
    }

    /// A string that a check takes; nil as for `string`, or when the check refuses it.
    mutating func value<Taken>(
        _ table: [String: TOMLNode], _ path: [String], expected: String,
        _ take: (String) -> Taken?
    ) -> Taken? {
        guard let text = string(table, path, expected: expected) else { return nil }
        guard let taken = take(text) else {
            note(path, "expected \(expected), found \(Self.quoted(text))")
            return nil
        }
        return taken
    }

    /// A path of this machine, absolute.
    mutating func path(_ table: [String: TOMLNode], _ path: [String]) -> String? {
        guard let text = string(table, path, expected: "a path, as a string") else { return nil }
        do throws(LocalPaths.Refused) {
            return try paths.absolute(text)
        } catch {
            note(path, "expected \(error.expected), found \(Self.quoted(text))")
            return nil
        }
    }

    /// A duration within bounds.
    mutating func duration(
        _ table: [String: TOMLNode], _ path: [String], _ bounds: ClosedRange<Duration>,
        _ written: String
    ) -> Duration? {
        let expected = "a duration from \(written), such as \"300ms\", \"5s\", \"15m\" or \"1h\""
        return value(table, path, expected: expected) {
            Value.duration($0).flatMap { bounds.contains($0) ? $0 : nil }
        }
    }

    /// A whole number within bounds.
    mutating func number(
        _ table: [String: TOMLNode], _ path: [String], _ bounds: ClosedRange<Int>
    ) -> Int? {
        guard let node = path.last.flatMap({ table[$0] }) else { return nil }
        let expected = "a whole number from \(bounds.lowerBound) to \(bounds.upperBound)"
        guard case .integer(let number) = node else {
            note(path, "expected \(expected), found \(node.typeName)")
            return nil
        }
        if bounds.contains(number) { return number }
        note(path, "expected \(expected), found \(number)")
        return nil
    }

    /// A list of texts that a check takes; what it refuses is noted and left out.
    mutating func list<Taken>(
        _ table: [String: TOMLNode], _ path: [String], expected: String,
        _ take: (String) -> Taken?
    ) -> [Taken]? {
        guard let node = path.last.flatMap({ table[$0] }) else { return nil }
        guard case .array(let nodes) = node else {
            note(path, "expected a list of \(expected), found \(node.typeName)")
            return nil
        }
        return nodes.enumerated().compactMap { index, node in
            let here = path + [String(index)]
            guard case .string(let text) = node else {
                note(here, "expected \(expected), found \(node.typeName)")
                return nil
            }
            if let taken = take(text) { return taken }
            note(here, "expected \(expected), found \(Self.quoted(text))")
            return nil
        }
    }

    /// True or false.
    mutating func flag(_ table: [String: TOMLNode], _ path: [String]) -> Bool? {
        guard let node = path.last.flatMap({ table[$0] }) else { return nil }
        if case .flag(let value) = node { return value }
        note(path, "expected true or false, found \(node.typeName)")
        return nil
    }

    /// A text in quotes, its control characters escaped.
    static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\\(scalar)"
            case _ where scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value):
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
