internal import FoundationEssentials
package import SyncModel

/// One open conflict as the tree carries it: `.sync/conflicts/<id>.json`, a function of what
/// stands against what, so that all devices write the same bytes.
package struct ConflictRecord: Sendable, Hashable {
    /// A version that the sides were made from.
    package struct Base: Sendable, Hashable {
        /// Its blob; nil for none.
        package var blob: ObjectID?
        /// Its bytes, where no commit has the blob.
        package var text: [UInt8]?
    }

    /// One of the versions that disagree.
    package struct Side: Sendable, Hashable {
        /// Its blob; nil for a deletion.
        package var blob: ObjectID?
        /// When, where and in which commit it was made. The stamp's own blob is another when the
        /// text was edited between markers since: it decides the order of the sides still.
        package var stamp: VersionStamp
        /// Its bytes, where no commit has the blob.
        package var text: [UInt8]?
    }

    /// 16 hexadecimal digits of a hash over all that follows; markers are labelled with it.
    package let id: String
    /// The file, in the repository.
    package private(set) var path: TreePath
    /// What the file was called when the conflict got its id: markers carry that id on.
    package let named: TreePath
    /// The rule that could not resolve it.
    package let type: FileType
    /// In what way the sides stand against each other.
    package let kind: OpenConflict.Kind
    /// Where the version that lost stands, when a copy is kept.
    package let copy: TreePath?
    /// Whether its file was written without markers (since version 9 of the merge rules).
    let isUnmarked: Bool
    /// One fewer than the sides for a document; else the common ancestor's, if there is one.
    package private(set) var bases: [Base]
    /// At least two, ordered by stamp.
    package private(set) var sides: [Side]

    /// The directory of all records.
    package static let directory = constant(".sync/conflicts")

    /// Whether a path stands in the directory of records.
    package static func isRecord(_ path: TreePath) -> Bool {
        path.relative(to: directory) != nil
    }

    /// Whether it is about events for which several bodies stand in one file.
    var isOfBodies: Bool { type == .event && kind == .content && copy == nil }

    /// The record's own path.
    package var recordPath: TreePath { Self.recordPath(id) }

    /// The path of a record, by its conflict's id.
    static func recordPath(_ id: String) -> TreePath {
        directory.appending(constant("\(id).json"))
    }

    private static func constant(_ text: String) -> TreePath {
        guard let path = TreePath(text) else { preconditionFailure("\(text) is a path") }
        return path
    }

    /// The latest side's time: from then on it was a conflict, wherever it was noticed.
    package var since: Timestamp {
        Timestamp(milliseconds: sides.map(\.stamp.milliseconds).max() ?? 0)
    }

    /// Makes the record of a document's conflict.
    /// - Parameter known: blobs that commits reach; of others the bytes go into the record.
    init(
        _ terms: ConflictTerms, path: TreePath, named: TreePath, kind: OpenConflict.Kind,
        known: Set<ObjectID>
    ) {
        id = terms.id(path: named)
        self.path = path
        self.named = named
        type = .document
        self.kind = kind
        copy = nil
        isUnmarked = terms.isUnmarked
        bases = zip(terms.bases, terms.baseIDs).map { content, id in
            Base(blob: id, text: known.contains(id) ? nil : content)
        }
        sides = zip(terms.sides, terms.sideIDs).map { side, id in
            Side(blob: id, stamp: side.stamp, text: known.contains(id) ? nil : side.content)
        }
    }

    /// Makes the record of any other conflict: whole versions stand against each other.
    init(
        path: TreePath, type: FileType, kind: OpenConflict.Kind, base: ObjectID?,
        sides: [VersionStamp], copy: TreePath?
    ) {
        let sorted = sides.sorted()
        id = Self.id(path, kind, base: base, sides: sorted)
        self.path = path
        named = path
        self.type = type
        self.kind = kind
        self.copy = copy
        isUnmarked = false
        bases = base.map { [Base(blob: $0)] } ?? []
        self.sides = sorted.map { Side(blob: $0.blob, stamp: $0) }
    }

    /// Names a conflict of whole versions.
    static func id(
        _ path: TreePath, _ kind: OpenConflict.Kind, base: ObjectID?, sides: [VersionStamp]
    ) -> String {
        var text = path.bytes + Array("\n\(kind.rawValue)\n-\(base?.hex ?? "")".utf8)
        for side in sides { text += Array("\n+\(side.blob?.hex ?? "") \(side.device)".utf8) }
        return String(ObjectID(hashing: text, as: .blob).hex.prefix(16))
    }

    /// The same conflict of a file that has another name by now.
    package func moved(to path: TreePath) -> ConflictRecord {
        var moved = self
        moved.path = path
        return moved
    }

    /// Puts another version on a side; who made it stays.
    /// - Parameter text: its bytes, where no commit has the blob.
    package mutating func setSide(_ index: Int, _ blob: ObjectID, text: [UInt8]? = nil) {
        (sides[index].blob, sides[index].text) = (blob, text)
    }

    /// Leaves all other sides out.
    mutating func keepSides(_ indices: Set<Int>) {
        sides = sides.enumerated().filter { indices.contains($0.offset) }.map(\.element)
    }

    /// Gives a base another text.
    mutating func setBase(_ index: Int, _ text: [UInt8]) { bases[index].text = text }

    /// The same conflict with all its bytes in it, for a history that does not have its blobs.
    /// - Parameter reader: gives the blobs.
    package func holdingItsBytes(reading reader: any ObjectReader) throws(RepositoryError)
        -> ConflictRecord
    {
        var held = self
        for index in bases.indices {
            held.bases[index].text = try content(bases[index].blob, bases[index].text, reader)
        }
        for index in sides.indices {
            held.sides[index].text = try content(sides[index].blob, sides[index].text, reader)
        }
        return held
    }

    /// The same conflict for a history that lacks some of what it names.
    /// - Parameters:
    ///   - commit: gives the commit to name in place of one.
    ///   - isLacking: whether the history has no blob of that name: its bytes go into the record.
    package func holding(
        reading reader: any ObjectReader, commit: (ObjectID) -> ObjectID,
        bytesOf isLacking: (ObjectID) -> Bool
    ) throws(RepositoryError) -> ConflictRecord {
        var held = self
        for index in bases.indices where bases[index].blob.map(isLacking) ?? false {
            held.bases[index].text = try content(bases[index].blob, bases[index].text, reader)
        }
        for index in sides.indices {
            let (side, stamp) = (sides[index], sides[index].stamp)
            held.sides[index].stamp = VersionStamp(
                milliseconds: stamp.milliseconds, device: stamp.device,
                commit: commit(stamp.commit), blob: stamp.blob)
            guard side.blob.map(isLacking) ?? false else { continue }
            held.sides[index].text = try content(side.blob, side.text, reader)
        }
        return held
    }

    /// Whether it is one of texts, which markers show, and not of whole versions.
    package var isText: Bool {
        type == .document && (kind == .content || kind == .addAdd) && copy == nil
    }

    /// Whether a file had to leave its name to a directory; that side has no content of its own.
    package var isAgainstDirectory: Bool {
        kind == .typeChange && copy != nil && sides.contains { $0.blob == nil }
    }

    /// Whether that was no file but a submodule: what it names is in another repository.
    package func isOfSubmodule(reading reader: any ObjectReader) throws(RepositoryError) -> Bool {
        guard isAgainstDirectory, bases.isEmpty, let named = namedBlobs.first else { return false }
        do throws(RepositoryError) {
            _ = try reader.header(named)
            return false
        } catch {
            switch error.code {
            case .missing: return namedBlobs.count == 1
            case .leftOut: return false
            default: throw error
            }
        }
    }

    /// The blobs that it names and does not hold itself.
    package var namedBlobs: [ObjectID] {
        bases.filter { $0.text == nil }.compactMap(\.blob)
            + sides.filter { $0.text == nil }.compactMap(\.blob)
    }

    /// The conflict as a value, for merging it again.
    /// - Parameter reader: gives the blobs.
    /// - Returns: nil for a conflict of whole versions.
    package func terms(reading reader: any ObjectReader) throws(RepositoryError) -> ConflictTerms? {
        if !isText { return nil }
        var texts: [[UInt8]] = []
        for base in bases { texts.append(try content(base.blob, base.text, reader) ?? []) }
        var captures: [CapturedContent] = []
        for side in sides {
            let content = try content(side.blob, side.text, reader)
            captures.append(CapturedContent(content: content, stamp: side.stamp))
        }
        return ConflictTerms(bases: texts, sides: captures, isUnmarked: isUnmarked)
    }

    /// A term's bytes; nil for an absent file.
    package func content(
        _ blob: ObjectID?, _ text: [UInt8]?, _ reader: any ObjectReader
    ) throws(RepositoryError) -> [UInt8]? {
        if let text { return text }
        guard let blob else { return nil }
        return try reader.blob(blob)
    }
}

extension ConflictRecord {
    /// The record as the file's bytes: JSON with fixed keys in a fixed order, one line for each
    /// term, so that equal records are equal bytes whatever program wrote them.
    package var rendered: [UInt8] {
        var lines = ["  \"version\": 1", "  \"id\": \(Self.quoted(id))"]
        lines += Self.lines("path", path)
        if named != path { lines += Self.lines("named", named) }
        lines.append("  \"type\": \"\(type.rawValue)\"")
        lines.append("  \"kind\": \"\(kind.rawValue)\"")
        if let copy { lines += Self.lines("copy", copy) }
        if isUnmarked { lines.append("  \"markers\": false") }
        let bases = bases.map { "    {\(Self.term($0.blob, $0.text))}" }
        lines.append(Self.list("bases", bases))
        let sides = sides.map { side in
            let made =
                side.stamp.blob == side.blob
                ? "" : "\"made\": \"\(side.stamp.blob?.hex ?? "none")\", "
            return "    {\(Self.term(side.blob, side.text)), \(made)"
                + "\"device\": \(Self.quoted(side.stamp.device)), "
                + "\"commit\": \"\(side.stamp.commit.hex)\", "
                + "\"milliseconds\": \(side.stamp.milliseconds)}"
        }
        lines.append(Self.list("sides", sides))
        return Array("{\n\(lines.joined(separator: ",\n"))\n}\n".utf8)
    }

    /// A path, and its bytes where they are not UTF-8.
    private static func lines(_ key: String, _ path: TreePath) -> [String] {
        let line = "  \"\(key)\": \(quoted(path.text))"
        if Array(path.text.utf8) == path.bytes { return [line] }
        return [line, "  \"\(key)_hex\": \"\(Hex.string(path.bytes))\""]
    }

    private static func list(_ name: String, _ lines: [String]) -> String {
        if lines.isEmpty { return "  \"\(name)\": []" }
        return "  \"\(name)\": [\n\(lines.joined(separator: ",\n"))\n  ]"
    }

    private static func term(_ blob: ObjectID?, _ text: [UInt8]?) -> String {
        let name = blob.map { "\"\($0.hex)\"" } ?? "null"
        guard let text else { return "\"blob\": \(name)" }
        return "\"blob\": \(name), \"text\": \"\(Data(text).base64EncodedString())\""
    }

    /// A JSON string; in one form for ever, since equal records are equal bytes.
    private static func quoted(_ text: String) -> String {
        JSONQuote(hasShortForms: false).quoted(text)
    }
}

extension ConflictRecord {
    private struct Written: Decodable {
        struct Term: Decodable {
            let blob: ObjectID?
            let text: Data?
            /// The stamp's blob where that is another; `none` for none.
            let made: String?
            let device: String?
            let commit: ObjectID?
            let milliseconds: Int64?
        }

        let version: Int
        let id: String
        let path: String
        let pathHex: String?
        let named: String?
        let namedHex: String?
        let type: FileType
        let kind: OpenConflict.Kind
        let copy: String?
        let copyHex: String?
        let markers: Bool?
        let bases: [Term]
        let sides: [Term]

        enum CodingKeys: String, CodingKey {
            case version, id, path, named, type, kind, copy, markers, bases, sides
            case pathHex = "path_hex"
            case namedHex = "named_hex"
            case copyHex = "copy_hex"
        }
    }

    /// Reads a record.
    /// - Returns: nil when the bytes are none that this version of the program could have
    ///   written: such a file is carried along and lists nothing.
    package init?(reading bytes: [UInt8]) {
        let written: Written
        do { written = try JSONDecoder().decode(Written.self, from: Data(bytes)) } catch {
            return nil
        }
        guard written.version == 1, written.sides.count > 1, Self.isName(written.id),
            let path = Self.path(written.path, written.pathHex)
        else { return nil }
        id = written.id
        self.path = path
        named = written.named.flatMap { Self.path($0, written.namedHex) } ?? path
        type = written.type
        kind = written.kind
        copy = written.copy.flatMap { Self.path($0, written.copyHex) }
        isUnmarked = written.markers == false
        bases = written.bases.map { Base(blob: $0.blob, text: $0.text.map(Array.init)) }
        sides = written.sides.map { term in
            let stamp = VersionStamp(
                milliseconds: term.milliseconds ?? 0, device: term.device ?? "",
                commit: term.commit ?? .zero,
                blob: term.made.map { ObjectID(hex: $0) } ?? term.blob)
            return Side(blob: term.blob, stamp: stamp, text: term.text.map(Array.init))
        }
    }

    /// Whether a text can be an id: it names a file.
    private static func isName(_ id: String) -> Bool {
        id.utf8.count == 16
            && id.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    private static func path(_ text: String, _ hex: String?) -> TreePath? {
        guard let hex else { return TreePath(text) }
        var bytes: [UInt8] = []
        var rest = Array(hex.utf8)[...]
        while !rest.isEmpty {
            guard let byte = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            else { return nil }
            bytes.append(byte)
            rest = rest.dropFirst(2)
        }
        return TreePath(bytes)
    }
}
