import SyncModel

@testable import Wire

/// The readers of what this program itself wrote, or a server said beside the objects: a disk may
/// have made something else of it.
enum StateTargets {
    /// The columns of a row, in eight bytes each, then the hashes and a path; the input gives all.
    @Sendable static func rows(_ bytes: [UInt8]) {
        var rest = bytes[...]
        func number() -> Int64 {
            defer { rest = rest.dropFirst(8) }
            return rest.prefix(8).reduce(0) { $0 << 8 | Int64($1) }
        }
        let kind = bytes.first.map { Int64($0) } ?? 0
        let isWild = bytes.count > 1 && bytes[1] & 1 == 1
        var columns = FileColumns(
            kind: kind, id: [], sha256: [], size: number(), modified: number(),
            changed: number(), checked: number(), inode: number(), device: number(), source: nil)
        if isWild { columns.kind = columns.size }
        columns.id = Array(rest.prefix(20))
        columns.sha256 = Array(rest.dropFirst(20).prefix(32))
        let names = rest.dropFirst(52).split(separator: 0, maxSplits: 1)
        do throws(StateStoreError) {
            let path = try FileRow.path(
                names.count > 1 ? Array(names[0]) : [], names.last.map { Array($0) } ?? [])
            let file = try columns.file(path, base: nil)
            require(FileColumns(file) == columns, "a row reads back")
            _ = Timestamp(nanoseconds: file.stat.modified).iso8601
            _ = Timestamp(nanoseconds: file.checked).iso8601
        } catch { require(error.code == .corrupt, "what cannot be right is said to be") }
    }

    /// What facts hold: a line that is read is the one that would be written.
    @Sendable static func facts(_ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        if let intake = Intake(text) {
            require(Intake(intake.text) == intake, "a note reads back")
            let found = intake.found(at: .latest)
            require(found.deaths >= intake.deaths, "deaths are counted")
            for moment in [Timestamp(milliseconds: 0), intake.rested, .latest] {
                _ = found.verdict(on: intake.commit, at: moment)
                _ = found.verdict(on: .zero, at: moment)
            }
        }
        if let change = RemoteChange(text) {
            require(RemoteChange(change.text) == change, "a change reads back")
            _ = change.words
        }
    }

    /// A name in the staging directory is one of ours and says what it says, or nothing.
    @Sendable static func staging(_ bytes: [UInt8]) {
        let parts = bytes.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
        let name = parts[0].map { CChar(bitPattern: $0) } + [0]
        let long = parts.count > 1 ? Array(parts[1]) : nil
        guard let displaced = Displaced(parsing: name, longPath: { _ in long }) else { return }
        let again = Displaced(parsing: displaced.name) { _ in displaced.path.bytes }
        require(again == displaced, "a name reads back")
        require(!displaced.path.bytes.isEmpty && displaced.name.count < 256, "a path, and a name")
        let other = displaced.rebased(on: displaced.base)
        require(other.path == displaced.path && other.token == displaced.token, "the same file")
    }

    /// The lines of an answer's head: whatever they are, what is looked up there has no blank
    /// around it, and a time to wait is none before now.
    @Sendable static func fields(_ bytes: [UInt8]) {
        var head = HTTPHead()
        for line in bytes.split(separator: 0x0a, omittingEmptySubsequences: false) {
            head.take(String(decoding: line, as: UTF8.self) + "\n")
        }
        for (name, value) in head.headers {
            require(name == name.lowercased(), "a name in lower case")
            let ends = [value.first, value.last].compactMap { $0 }
            require(ends.allSatisfy { ![" ", "\t", "\r"].contains($0) }, "a blank around it")
        }
        require(!head.type.contains(";") && !head.type.contains(" "), "a type")
        require((RetryAfter.seconds(head.headers, now: 1_790_000_000) ?? 0) >= 0, "a wait")
    }
}
