import SyncEngine
import SyncHistory
import SyncMerge
import SyncModel

/// Writes how files differ, as git does.
struct DifferenceText {
    let output: Output
    /// Whether words are compared in place of lines.
    var byWords = false

    /// Writes a patch.
    func patch(_ files: [FileDifference]) {
        for file in files {
            head(file)
            switch file.kind {
            case .text: file.stretches.forEach(stretch)
            case .records:
                file.records.forEach { record($0, file.type) }
                if file.beyondRecords {
                    let isLarge = file.stretches.isEmpty
                    output.line(
                        "more changed than these records"
                            + (isLarge ? ", and is too large to compare by lines" : ":"))
                }
                file.stretches.forEach(stretch)
            // As git has it of what is past its own bound: whoever applies the patch is told.
            case .binary, .large:
                output.line(
                    "Binary files \(name("a", file, isOld: true)) and "
                        + "\(name("b", file, isOld: false)) differ")
            case .none: break
            }
        }
    }

    /// Writes how much of each file changed.
    func statistics(_ files: [FileDifference]) {
        if files.isEmpty { return }
        let names = files.map { file in
            file.oldPath.map { "\($0) => \(file.path)" } ?? file.path.description
        }
        let width = names.map(\.count).max() ?? 0
        let most = files.map { $0.insertions + $0.deletions }.max() ?? 0
        let digits = max("\(most)".count, files.contains { $0.kind == .binary } ? 3 : 0)
        for (file, name) in zip(files, names) {
            let padded = name + String(repeating: " ", count: width - name.count)
            if file.kind == .binary || file.kind == .large {
                output.line(" \(padded) | Bin \(file.sizeBefore) -> \(file.sizeAfter) bytes")
                continue
            }
            let count = "\(file.insertions + file.deletions)"
            let blank = String(repeating: " ", count: digits - count.count)
            // At most 40 signs, each kind that is there with one at least.
            let scale = { (number: Int) in
                most <= 40 ? number : (number * 40 + most - 1) / most
            }
            let plus = String(repeating: "+", count: scale(file.insertions))
            let minus = String(repeating: "-", count: scale(file.deletions))
            output.line(
                " \(padded) | \(blank)\(count) "
                    + output.paint(plus, .green) + output.paint(minus, .red))
        }
        let insertions = files.reduce(0) { $0 + $1.insertions }
        let deletions = files.reduce(0) { $0 + $1.deletions }
        output.line(
            " \(files.count) file\(files.count == 1 ? "" : "s") changed, "
                + "\(insertions) insertion\(insertions == 1 ? "" : "s")(+), "
                + "\(deletions) deletion\(deletions == 1 ? "" : "s")(-)")
    }

    private func head(_ file: FileDifference) {
        func bold(_ text: String) { output.line(output.paint(text, .bold)) }
        let old = file.oldPath ?? file.path
        bold("diff --git \(Self.quoted("a/", old)) \(Self.quoted("b/", file.path))")
        switch file.status {
        case .added: bold("new file mode \(file.modeAfter ?? "")")
        case .deleted: bold("deleted file mode \(file.modeBefore ?? "")")
        case .modified, .renamed:
            if let before = file.modeBefore, let after = file.modeAfter, before != after {
                bold("old mode \(before)")
                bold("new mode \(after)")
            }
        }
        if file.status == .renamed {
            bold("similarity index 100%")
            bold("rename from \(Self.quoted("", old))")
            bold("rename to \(Self.quoted("", file.path))")
        }
        if file.before != file.after {
            let (before, after) = (file.before ?? .zero, file.after ?? .zero)
            let isSame = file.modeBefore == file.modeAfter
            bold(
                "index \(before.short)..\(after.short)"
                    + (isSame ? " \(file.modeAfter ?? "")" : ""))
        }
        if file.kind == .records || !file.stretches.isEmpty {
            bold("--- \(name("a", file, isOld: true))")
            bold("+++ \(name("b", file, isOld: false))")
        }
    }

    private func name(_ side: String, _ file: FileDifference, isOld: Bool) -> String {
        if (isOld ? file.before : file.after) == nil { return "/dev/null" }
        return Self.quoted("\(side)/", isOld ? file.oldPath ?? file.path : file.path)
    }

    /// A path as git writes it: in quotes where it has bytes that a line cannot show.
    private static func quoted(_ side: String, _ path: TreePath) -> String {
        let isPlain = path.bytes.allSatisfy { $0 >= 0x20 && $0 < 0x7f && $0 != 0x22 && $0 != 0x5c }
        if isPlain { return side + path.text }
        return QuotedPath.quoted(Array(side.utf8) + path.bytes)
    }

    private func at(_ hunk: TextDifference.Hunk) {
        func range(_ start: Int, _ count: Int) -> String {
            count == 1 ? "\(start)" : "\(start),\(count)"
        }
        output.line(
            output.paint(
                "@@ -\(range(hunk.oldStart, hunk.oldCount)) "
                    + "+\(range(hunk.newStart, hunk.newCount)) @@", .cyan))
    }

    private func stretch(_ hunk: TextDifference.Hunk) {
        if byWords { words(hunk) } else { lines(hunk) }
    }

    private func lines(_ hunk: TextDifference.Hunk) {
        at(hunk)
        for line in hunk.lines {
            output.line(line.mark.rawValue, line.bytes, Self.colour(line.mark))
            if !line.hasEnd { output.line("\\ No newline at end of file") }
        }
    }

    private func words(_ hunk: TextDifference.Hunk) {
        at(hunk)
        var text = ""
        for piece in WordDifference.pieces(of: hunk) {
            let ends = piece.bytes.reversed().prefix { $0 == 0x0a }
            let words = String(decoding: piece.bytes.dropLast(ends.count), as: UTF8.self)
            switch piece.mark {
            case _ where words.isEmpty: break
            case .same: text += words
            case .removed: text += output.paint("[-\(words)-]", .red)
            case .added: text += output.paint("{+\(words)+}", .green)
            }
            text += String(decoding: ends, as: UTF8.self)
        }
        var lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
        if lines.count > 1, lines.last?.isEmpty == true { lines.removeLast() }
        for line in lines { output.line(String(line)) }
    }

    private func record(_ record: FileDifference.Record, _ type: String) {
        let (mark, colour): (String, Output.Colour) =
            switch record.status {
            case .added: ("+", .green)
            case .deleted: ("-", .red)
            case .modified, .renamed: ("~", .yellow)
            }
        let isLong = record.record.count > 12
        let name = isLong ? "\(record.record.prefix(8))…" : record.record
        let isNamed = record.record != record.text
        let before = record.textBefore.flatMap { $0 == record.text ? nil : "\"\($0)\" → " } ?? ""
        // That the text changed shows already.
        let isTold = record.fields.count < 2 && !before.isEmpty
        let more = record.fields.count - Limits.listedPaths
        let names =
            record.fields.prefix(Limits.listedPaths).joined(separator: ", ")
            + (more > 0 ? " and \(more) more" : "")
        let fields = isTold || names.isEmpty ? "" : " (\(names))"
        // What a record is called may hold a line's end.
        let words =
            "\(mark) \(type)\(isNamed ? " \(name)" : "") \(before)\"\(record.text)\"\(fields)"
        output.line(output.paint(SafeText.escaped(words), colour))
    }

    private static func colour(_ mark: TextDifference.Mark) -> Output.Colour? {
        switch mark {
        case .same: nil
        case .removed: .red
        case .added: .green
        }
    }
}
