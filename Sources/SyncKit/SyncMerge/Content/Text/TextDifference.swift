internal import SyncModel

/// How one text differs from another, for a person.
package enum TextDifference {
    /// What became of a line.
    package enum Mark: String, Sendable, Codable {
        case same = " "
        case removed = "-"
        case added = "+"
    }

    /// A line of either text.
    package struct Line: Sendable, Equatable {
        /// What became of it.
        package let mark: Mark
        /// Its bytes, without its end.
        package let bytes: ArraySlice<UInt8>
        /// False for the last line of a text that does not end in a newline.
        package let hasEnd: Bool

        package init(mark: Mark, bytes: ArraySlice<UInt8>, hasEnd: Bool) {
            (self.mark, self.bytes, self.hasEnd) = (mark, bytes, hasEnd)
        }
    }

    /// A stretch that differs, with lines around that do not.
    package struct Hunk: Sendable, Equatable {
        /// The first line's number in the older text, from 1; the line before where it has none.
        package let oldStart: Int
        /// How many lines of the older text it has.
        package let oldCount: Int
        /// The same in the newer text.
        package let newStart: Int
        /// The same in the newer text.
        package let newCount: Int
        /// In order; of a change what was removed comes first.
        package let lines: [Line]

        package init(
            oldStart: Int, oldCount: Int, newStart: Int, newCount: Int, lines: [Line]
        ) {
            (self.oldStart, self.oldCount) = (oldStart, oldCount)
            (self.newStart, self.newCount) = (newStart, newCount)
            self.lines = lines
        }
    }

    /// Compares two texts.
    /// - Parameter context: how many lines that are the same stand around a change.
    /// - Returns: empty where they are equal; nil when one of the two is no text or larger than a
    ///   document.
    package static func hunks(_ old: [UInt8], _ new: [UInt8], context: Int = 3) -> [Hunk]? {
        for text in [old, new] where TextFile.isBinary(text) || text.count > Limits.documentSize {
            return nil
        }
        let marked = marked(old, new)
        var hunks: [Hunk] = []
        var (oldLine, newLine) = (1, 1)
        var at = 0
        var stretch: [Line] = []
        var start = (old: 1, new: 1)
        let near = near(marked, context)
        while at < marked.count {
            if near[at] {
                if stretch.isEmpty { start = (oldLine, newLine) }
                stretch.append(marked[at])
            }
            if marked[at].mark != .added { oldLine += 1 }
            if marked[at].mark != .removed { newLine += 1 }
            at += 1
            if !stretch.isEmpty, at == marked.count || !near[at] {
                hunks.append(hunk(stretch, start))
                stretch = []
            }
        }
        return hunks
    }

    /// Whether a content is a text, however large; an absent one is.
    package static func isText(_ content: [UInt8]?) -> Bool {
        content.map { !TextFile.isBinary($0) } ?? true
    }

    private static func hunk(_ lines: [Line], _ start: (old: Int, new: Int)) -> Hunk {
        let (old, new) = (lines.count { $0.mark != .added }, lines.count { $0.mark != .removed })
        return Hunk(
            oldStart: old == 0 ? start.old - 1 : start.old, oldCount: old,
            newStart: new == 0 ? start.new - 1 : start.new, newCount: new, lines: lines)
    }

    /// Lists the changed lines with three lines around each.
    /// - Returns: lines that begin with ` `, `-` or `+`, stretches apart by `@@`; nil when one of
    ///   the two is no text or larger than a document.
    package static func lines(_ old: [UInt8], _ new: [UInt8]) -> [String]? {
        guard let hunks = hunks(old, new) else { return nil }
        var result: [String] = []
        for hunk in hunks {
            if hunk.oldStart > 1 || hunk.newStart > 1 { result.append("@@") }
            result += hunk.lines.map {
                $0.mark.rawValue + String(decoding: $0.bytes, as: UTF8.self)
            }
        }
        return result
    }

    /// For each line of a text, where it stands in another; -1 where it does not.
    package static func matches(_ old: [ArraySlice<UInt8>], in new: [ArraySlice<UInt8>]) -> [Int] {
        var numbers = ByteInterner()
        return LineDiff.matches(
            old.map { numbers.number($0) }, new.map { numbers.number($0) })
    }

    /// A text's lines without their ends.
    package static func split(_ text: [UInt8]) -> [ArraySlice<UInt8>] {
        var lines = text.split(separator: 0x0a, omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines
    }

    /// The same to be compared: a last line without an end is another than one with it. No text
    /// has a zero in it.
    package static func keys(_ text: [UInt8]) -> [ArraySlice<UInt8>] {
        let lines = split(text)
        guard let last = lines.last, text.last != 0x0a else { return lines }
        return lines.dropLast() + [last + [0]]
    }

    /// All lines of both texts, marked.
    private static func marked(_ old: [UInt8], _ new: [UInt8]) -> [Line] {
        let (before, after) = (split(old), split(new))
        func line(_ mark: Mark, _ lines: [ArraySlice<UInt8>], _ index: Int, _ text: [UInt8])
            -> Line
        {
            let hasEnd = index < lines.count - 1 || text.last == 0x0a
            return Line(mark: mark, bytes: lines[index], hasEnd: hasEnd)
        }
        var marked: [Line] = []
        var next = 0
        let matches = matches(keys(old), in: keys(new))
        for (index, place) in matches.enumerated() {
            if place < 0 {
                marked.append(line(.removed, before, index, old))
                continue
            }
            for added in next..<place { marked.append(line(.added, after, added, new)) }
            marked.append(line(.same, before, index, old))
            next = place + 1
        }
        for added in next..<after.count { marked.append(line(.added, after, added, new)) }
        return marked
    }

    private static func near(_ marked: [Line], _ context: Int) -> [Bool] {
        var near = [Bool](repeating: false, count: marked.count)
        for (index, line) in marked.enumerated() where line.mark != .same {
            let last = min(marked.count - 1, index + context)
            for place in max(0, index - context)...last { near[place] = true }
        }
        return near
    }
}
