internal import SyncModel

/// What the configuration of somebody else's repository says of its format, and of who shares it.
/// Nothing else of it is read, and no file that it includes.
enum ForeignConfiguration {
    /// Reads it.
    /// - Returns: how its files are shared; nil where they are not.
    /// - Throws: `.notARepository` for a format that is not spoken, `.corrupt` for what is no
    ///   regular file or too large.
    static func check(_ directory: String) throws(RepositoryError) -> SharedMode? {
        let path = "\(directory)/config"
        guard let bytes = try ForeignFile.content(path, most: Limits.configurationBytes) else {
            return nil
        }
        var shared: SharedMode?
        var section = ""
        for line in String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline) {
            var text = withoutComment(line).drop { $0 == " " || $0 == "\t" }
            if text.hasPrefix("[") {
                section = text.dropFirst().prefix { $0 != "]" }.lowercased()
                // What it begins with may stand on the same line.
                text = text.drop { $0 != "]" }.dropFirst().drop { $0 == " " || $0 == "\t" }
            }
            let key = text.prefix { $0 != "=" && $0 != " " && $0 != "\t" }.lowercased()
            let value = text.drop { $0 != "=" }.dropFirst()
                .filter { $0 != " " && $0 != "\t" && $0 != "\"" }.lowercased()
            if let fault = fault(section, key, value) {
                throw RepositoryError(.notARepository, "open \(directory)", fault)
            }
            if (section, key) == ("core", "sharedrepository") { shared = SharedMode(value) }
        }
        return shared
    }

    /// A line up to the `#` or `;` that stands in no quotes. Source: git-config(1), "Syntax".
    private static func withoutComment(_ line: Substring) -> Substring {
        var isQuoted = false
        var isEscaped = false
        let end = line.firstIndex { character in
            if isEscaped {
                isEscaped = false
                return false
            }
            isEscaped = character == "\\"
            if character == "\"" { isQuoted.toggle() }
            return !isQuoted && (character == "#" || character == ";")
        }
        return line[..<(end ?? line.endIndex)]
    }

    private static func fault(_ section: String, _ key: String, _ value: String) -> String? {
        switch (section, key) {
        case ("extensions", "objectformat"):
            value == "sha1" ? nil : "it names objects by \(value.uppercased())"
        case ("extensions", "refstorage"):
            value == "files" ? nil : "it keeps its references as \(value)"
        case ("core", "repositoryformatversion"):
            value == "0" || value == "1" ? nil : "its format is of version \(value)"
        default: nil
        }
    }
}
