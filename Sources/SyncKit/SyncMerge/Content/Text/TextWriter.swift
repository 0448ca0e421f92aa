internal import SyncModel

/// Writes merged lines.
struct TextWriter {
    /// How lines end; where mixed, each as in the text it comes from.
    let style: TextFile.Ending
    /// Nil where conflicts are not shown: one side's lines stand in their place.
    let markers: ConflictMarkers?

    /// Puts a text together.
    func text(
        hasBOM: Bool, head: [ArraySlice<UInt8>], pieces: [TextRegions.Piece],
        endsWithNewline: Bool
    ) -> [UInt8] {
        var result: [UInt8] = hasBOM ? RecordLines.byteOrderMark : []
        for line in head { result += line + style.bytes }
        // What may have to be taken off at the end: a marker's end stays.
        var end = head.isEmpty ? 0 : style.bytes.count
        for piece in pieces {
            switch piece {
            case .lines(let lines):
                append(lines, to: &result)
                end = lines.last.map { ending($0).count } ?? end
            case .conflict(let conflict):
                guard let markers else {
                    let shown = conflict.sides[0].lines
                    append(shown, to: &result)
                    end = shown.last.map { ending($0).count } ?? end
                    continue
                }
                end = 0
                markers.append(
                    sides: conflict.sides.map { ($0.index, bytes($0.lines)) },
                    bases: conflict.bases.map { ($0.index, bytes($0.lines)) }, to: &result)
            }
        }
        if !endsWithNewline { result.removeLast(end) }
        return result
    }

    private func bytes(_ lines: [TextRegions.Line]) -> [UInt8] {
        var result: [UInt8] = []
        append(lines, to: &result)
        return result
    }

    private func append(_ lines: [TextRegions.Line], to result: inout [UInt8]) {
        for line in lines {
            result += line.bytes
            result += ending(line)
        }
    }

    private func ending(_ line: TextRegions.Line) -> [UInt8] {
        style == .mixed ? line.ending.bytes : style.bytes
    }
}
