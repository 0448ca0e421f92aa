/// Who and when, as git writes it in a commit: `name <email> seconds zone`.
package struct Signature: Hashable, Sendable {
    /// Without angle brackets, line ends and NUL.
    package let name: String
    /// Without angle brackets, line ends and NUL; need not be an address.
    package let email: String
    /// Seconds since 1970 UTC.
    package let seconds: Int64
    /// Offset from UTC in minutes, east positive.
    package let zone: Int

    /// Takes the parts; angle brackets and line ends in the texts are dropped, as git does.
    package init(name: String, email: String, seconds: Int64, zone: Int = 0) {
        func clean(_ text: String) -> String {
            let isClean = !text.utf8.contains { [0x3c, 0x3e, 0x0a, 0x00].contains($0) }
            if isClean { return text }
            return String(text.unicodeScalars.filter { !"<>\n\0".unicodeScalars.contains($0) })
        }
        self.name = clean(name)
        self.email = clean(email)
        self.seconds = seconds
        // Four digits: a commit of another program may claim anything.
        self.zone = min(max(zone, -5_999), 5_999)
    }

    /// Parses the value of an `author` or `committer` line; nil when it is not as git writes it.
    private init?(parsing text: ArraySlice<UInt8>) {
        guard let open = text.lastIndex(of: 0x3c), let close = text.lastIndex(of: 0x3e),
            open < close
        else { return nil }
        let rest = text[(close + 1)...].split(separator: 0x20)
        guard rest.count == 2, let seconds = Self.number(rest[0]),
            let zone = Self.number(rest[1]).flatMap({ Int(exactly: $0) })
        else { return nil }
        self.init(
            name: Self.name(text[..<open]),
            email: String(decoding: text[(open + 1)..<close], as: UTF8.self), seconds: seconds,
            zone: zone / 100 * 60 + zone % 100)
    }

    /// Reads what can be read of such a line, as git does: other programs' histories have lines
    /// without an address or a date. What is not there is empty, or 1970 UTC.
    /// - Parameter text: its bytes; those that are not UTF-8 become U+FFFD.
    package init(reading text: ArraySlice<UInt8>) {
        if let whole = Signature(parsing: text) {
            self = whole
            return
        }
        let open = text.firstIndex(of: 0x3c) ?? text.endIndex
        let close = text.lastIndex(of: 0x3e) ?? text.endIndex
        let words = close < text.endIndex ? text[(close + 1)...] : []
        self.init(
            name: Self.name(text[..<open]),
            email: open < close
                ? String(decoding: text[(open + 1)..<close], as: UTF8.self) : "",
            seconds: words.split(separator: 0x20).first.flatMap(Self.number) ?? 0)
    }

    private static func name(_ text: ArraySlice<UInt8>) -> String {
        String(decoding: text.last == 0x20 ? text.dropLast() : text, as: UTF8.self)
    }

    private static func number(_ text: ArraySlice<UInt8>) -> Int64? {
        Int64(String(decoding: text, as: UTF8.self))
    }

    /// The value of the line as git writes it.
    package var serialized: String {
        let size = abs(zone)
        let digits = size / 60 * 100 + size % 60
        let padded = String(repeating: "0", count: max(0, 4 - String(digits).count)) + "\(digits)"
        return "\(name) <\(email)> \(seconds) \(zone < 0 ? "-" : "+")\(padded)"
    }
}

/// A git commit. Headers other than the four that every commit has, and the message's encoding,
/// are passed over when read; the only one this program writes is a signature.
package struct Commit: Hashable, Sendable {
    /// The whole content, as one tree.
    package let tree: ObjectID
    /// In the order they are written; none for a first commit, two or more for a merge.
    package let parents: [ObjectID]
    /// Who made the change, and when.
    package let author: Signature
    /// Who made the commit, and when: the date that stamps fall back to.
    package let committer: Signature
    /// The message's text, in the encoding that the commit names where that is Latin-1 or Windows'
    /// form of it; of any other, bytes that are not UTF-8 become U+FFFD.
    package let message: String
    /// The same as if no encoding were named. Trailers are of this: merges hang on them, and what
    /// a merge comes to is the same in all versions of this program.
    private let plain: String

    package init(
        tree: ObjectID, parents: [ObjectID], author: Signature, committer: Signature,
        message: String
    ) {
        self.tree = tree
        self.parents = parents
        self.author = author
        self.committer = committer
        (self.message, plain) = (message, message)
    }

    private init(_ headers: Commit, body: ArraySlice<UInt8>, encoding: [UInt8]) {
        (tree, parents) = (headers.tree, headers.parents)
        (author, committer) = (headers.author, headers.committer)
        plain = String(decoding: body, as: UTF8.self)
        message = Self.text(body, in: encoding) ?? plain
    }

    /// Parses a commit object's content. As for git the tree comes first, then the parents; a
    /// header of such a name further down is any other header.
    /// - Throws: `FormatError.badCommit` with the line that names no tree or no parent.
    package init(parsing content: [UInt8]) throws(FormatError) {
        var tree: ObjectID?
        var parents: [ObjectID] = []
        var isBeginning = true
        var author: Signature?
        var committer: Signature?
        var encoding: [UInt8] = []
        var position = content.startIndex
        var line = 0
        while position < content.endIndex, content[position] != 0x0a {
            line += 1
            let end = content[position...].firstIndex(of: 0x0a) ?? content.endIndex
            let text = content[position..<end]
            position = end == content.endIndex ? end : end + 1
            let key = text.prefix { $0 != 0x20 }
            let value = text[key.endIndex...].dropFirst()
            if line == 1, key.elementsEqual("tree".utf8) {
                guard let id = ObjectID(digits: value) else { throw .badCommit(line: line) }
                tree = id
                continue
            }
            if isBeginning, key.elementsEqual("parent".utf8) {
                guard let id = ObjectID(digits: value) else { throw .badCommit(line: line) }
                parents.append(id)
                continue
            }
            if author == nil, key.elementsEqual("author".utf8) {
                author = Signature(reading: value)
            } else if committer == nil, key.elementsEqual("committer".utf8) {
                committer = Signature(reading: value)
            } else if encoding.isEmpty, key.elementsEqual("encoding".utf8) {
                encoding = Array(value)
            }
            isBeginning = false
        }
        guard let tree else { throw .badCommit(line: line) }
        let made = committer ?? author ?? Signature(name: "", email: "", seconds: 0)
        let body = position < content.endIndex ? content[(position + 1)...] : []
        self.init(
            Commit(
                tree: tree, parents: parents, author: author ?? made, committer: made, message: ""),
            body: Self.bounded(body), encoding: encoding)
    }

    /// What bytes say in an encoding of one byte a character; nil for one that is not known here.
    private static func text(_ bytes: ArraySlice<UInt8>, in encoding: [UInt8]) -> String? {
        let isName: (UInt8) -> Bool = { (0x30...0x39).contains($0) || (0x61...0x7a).contains($0) }
        let name = String(decoding: encoding.map { $0 | 0x20 }.filter(isName), as: UTF8.self)
        var text = String.UnicodeScalarView()
        switch name {
        case "iso88591", "latin1", "l1": text.append(contentsOf: bytes.lazy.map(UnicodeScalar.init))
        case "windows1252", "cp1252":
            for byte in bytes {
                let isOwn = (0x80...0x9f).contains(byte)
                text.append(isOwn ? windows[Int(byte) - 0x80] : UnicodeScalar(byte))
            }
        default: return nil
        }
        return String(text)
    }

    /// What Windows-1252 has where Latin-1 has control characters; five it does not use.
    private static let windows = Array(
        "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8d}Ž\u{8f}\u{90}‘’“”•–—˜™š›œ\u{9d}žŸ".unicodeScalars)

    /// A message of more than `Limits.commitBytes` loses its middle: the subject stays, and the
    /// last paragraph with the trailers.
    private static func bounded(_ body: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        if body.count <= Limits.commitBytes { return body }
        return body.prefix(Limits.commitBytes - Limits.trailerBytes)
            + body.suffix(Limits.trailerBytes)
    }

    /// The object's content as git writes it.
    package var serialized: [UInt8] {
        var text = "tree \(tree)\n"
        for parent in parents { text += "parent \(parent)\n" }
        text += "author \(author.serialized)\ncommitter \(committer.serialized)\n\n\(message)"
        return Array(text.utf8)
    }

    /// The content with a signature, as git places it: the last header, each line but the first
    /// indented by a blank.
    package func serialized(signed signature: String) -> [UInt8] {
        let content = serialized
        let lines = signature.split(separator: "\n", omittingEmptySubsequences: false)
        let trimmed = lines.reversed().drop(while: \.isEmpty).reversed()
        let header = Array("\ngpgsig \(trimmed.joined(separator: "\n "))".utf8)
        // The headers end at the first empty line, which every commit has.
        let end =
            zip(content, content.dropFirst()).enumerated()
            .first { $0.element == (0x0a, 0x0a) }?.offset ?? content.count
        return content[..<end] + header + content[end...]
    }

    /// The first line of the message.
    package var subject: String {
        String(message.prefix { !$0.isNewline })
    }

    /// The value of a trailer of the message's last paragraph; nil when there is none.
    /// - Parameter name: as written, without the colon: `Sync-Device`.
    package func trailer(_ name: String) -> String? {
        let prefix = "\(name): "
        return trailerLines.last { $0.starts(with: prefix.utf8) }
            .flatMap { String($0.dropFirst(prefix.utf8.count)) }
    }

    /// The values of all trailers of a name as git reads them, whatever the case of its letters.
    /// - Parameter name: without the colon.
    package func trailers(named name: String) -> [String] {
        trailerLines.compactMap { line in
            let parts = String(decoding: line, as: UTF8.self)
                .split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
                .map { $0.drop(while: \.isWhitespace) }
            guard parts.count == 2, parts[0].lowercased() == name.lowercased() else { return nil }
            return String(parts[1])
        }
    }

    /// The lines of the message's last paragraph.
    private var trailerLines: [Substring.UTF8View] {
        let text = plain.utf8
        guard let end = text.lastIndex(where: { $0 != 0x0a }) else { return [] }
        return text[...end].suffix(Limits.trailerBytes)
            .split(separator: 0x0a, omittingEmptySubsequences: false)
            .reversed().prefix { !$0.isEmpty }.reversed()
    }
}
