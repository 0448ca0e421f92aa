@testable import SyncModel

@testable import SyncMerge

/// The readers, each with what must hold of whatever it reads.
enum ParserTargets {
    /// A value keeps its meaning in other surroundings, and its parts lie inside it.
    @Sendable static func json(_ bytes: [UInt8]) {
        _ = JSONParser.isContainer(bytes)
        guard let text = JSONText(bytes) else { return }
        check(text.root)
        let spaced = JSONText([0x20, 0x0a] + bytes + [0x09])
        require(spaced?.root.canonical == text.root.canonical, "white space changes the meaning")
        guard let inside = JSONText([0x5b] + bytes + [0x5d]) else { return }
        require(inside.root.elements.count == 1, "[x] has one element")
        require(inside.root.elements[0].means(text.root), "x in [x] means x")
    }

    private static func check(_ value: JSONValue) {
        _ = Instant(value)
        let parts = value.elements + value.members.flatMap { [$0.key, $0.value] }
        for part in parts {
            require(
                part.range.lowerBound > value.range.lowerBound
                    && part.range.upperBound < value.range.upperBound, "a part lies outside")
            check(part)
        }
        if value.kind == .object { _ = RecordInfo(value) }
    }

    /// A file that is taken apart and put together again holds the same records.
    @Sendable static func records(_ bytes: [UInt8]) {
        let shapes = RecordShapes(bytes)
        // Blocks of Markdown may run together when what parts them changes; merging sees to that.
        for shape in shapes.shapes where shape != .blocks {
            let file = RecordFile(bytes, shape)
            let whole = RecordFile.rendered(file.records, shape, file.style, shell: file.shell)
            let again = RecordFile(whole, shape)
            require(again.records == file.records, "\(shape): other records when written")
            let twice = RecordFile.rendered(again.records, shape, again.style, shell: again.shell)
            require(twice == whole, "\(shape): writing is not stable")
        }
    }

    /// A text is its lines, and its front matter is what stands there.
    @Sendable static func text(_ bytes: [UInt8]) {
        guard !TextFile.isBinary(bytes) else { return }
        let file = TextFile(bytes)
        let writer = TextWriter(style: file.style ?? .lf, markers: nil)
        let lines = Array(zip(file.lines, file.endings).map { ($0, $1) })
        let whole = writer.text(
            hasBOM: file.hasBOM, head: [], pieces: [.lines(lines)],
            endsWithNewline: file.endsWithNewline ?? true)
        require(whole == bytes, "lines do not make up the text")
        for line in file.lines {
            guard let task = TaskItem(line) else { continue }
            require(task.line(box: task.box) == Array(line), "a task is not its line")
        }
        guard let front = FrontMatter(file.lines) else { return }
        let inside = front.entries.flatMap(\.lines)
        require(inside == Array(file.lines[1..<(front.lineCount - 1)]), "front matter lost a line")
        for entry in front.entries { _ = FrontMatterList(entry)?.lines([Array("x".utf8)]) }
    }

    /// A conflict reads back as it was written; edited in any way, reading it ends.
    @Sendable static func markers(_ bytes: [UInt8]) {
        let parts = bytes.split(separator: 0x1e, maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count >= 3, !bytes.contains(0) else { return }
        let texts = parts.map { Array($0) }
        let rule = FileRule(.document)
        let result = ContentMerge.merge(
            base: texts[0], MergeTarget.side(texts[1], 1), MergeTarget.side(texts[2], 2), as: rule)
        guard let terms = result.conflict, let content = result.content else { return }
        let labels = ConflictLabels(terms, path: nil)
        let count = terms.sides.count
        guard case .open(let sides, let bases) = ConflictMarkers.read(content, of: labels) else {
            return require(false, "a conflict does not read back")
        }
        require(sides.count == count && bases.count == count - 1, "a side is missing")
        // Somebody writes the rest of the input somewhere into the file.
        guard parts.count == 4, let place = texts[3].first else { return }
        let at = Int(place) * content.count / 256
        let edited = content[..<at] + texts[3].dropFirst() + content[at...]
        _ = ConflictMarkers.read(Array(edited), of: labels)
        let side = ContentSide(
            content: Array(edited), stamp: MergeTarget.side(texts[0], 3).stamp, terms: terms)
        let again = ContentMerge.merge(
            base: texts[0], side, MergeTarget.side(texts[2], 2), as: rule)
        require(again.content != nil, "an edited conflict is gone")
    }

    /// A pattern against a path, and the same with what git's own matcher would say, by recursion.
    @Sendable static func patterns(_ bytes: [UInt8]) {
        let parts = bytes.split(separator: 0x1e, maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].count < 24, parts[1].count < 12, !parts[0].isEmpty else {
            return
        }
        guard let wild = Wildmatch(parts[1]) else { return }
        var work = Limits.patternWork
        let found = wild.matches(parts[0], work: &work)
        let wanted = PlainMatch(Array(parts[1])).matches(Array(parts[0]))
        require(found == wanted, "the pattern \(parts[1]) on \(parts[0])")
    }

    /// Any line of attributes, against any path.
    @Sendable static func attributes(_ bytes: [UInt8]) {
        let parts = bytes.split(separator: 0x1e, maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let path = TreePath(Array(parts[0])) else { return }
        let rules = TypeRules(files: [(nil, Array(parts[1]))])
        let found = rules.type(of: path, content: [])
        if case .line(_, let number) = found.source {
            require(number >= 1 && number <= parts[1].count, "there is no line \(number)")
        }
        // Without a slash a pattern looks at the last name alone.
        guard let pattern = GitPattern(parts[1]), !parts[1].contains(0x2f) else { return }
        func matches(_ text: ArraySlice<UInt8>, _ start: Int) -> Bool {
            var work = Limits.patternWork
            defer { require(work > 0, "a pattern takes more than both lengths") }
            return pattern.matches(text, nameStart: start, isDirectory: false, work: &work)
        }
        require(
            matches(path.bytes[...], path.name.startIndex)
                == matches(path.name, path.name.startIndex),
            "a pattern without a slash sees the directories")
    }
}
