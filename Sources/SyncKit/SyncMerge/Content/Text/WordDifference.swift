internal import SyncModel

/// How the words of one text differ from another's.
package enum WordDifference {
    /// A stretch of words, and what became of it.
    package struct Piece: Sendable, Equatable {
        /// What became of it.
        package let mark: TextDifference.Mark
        /// Words and the white space between them; line ends stand for themselves.
        package let bytes: [UInt8]
    }

    /// Compares the words of the two texts that a stretch of lines has.
    /// - Returns: pieces that, one after the other, are the newer text with what was removed in it.
    package static func pieces(of hunk: TextDifference.Hunk) -> [Piece] {
        func text(without mark: TextDifference.Mark) -> [ArraySlice<UInt8>] {
            words(
                hunk.lines.filter { $0.mark != mark }
                    .flatMap { Array($0.bytes) + ($0.hasEnd ? [0x0a] : []) })
        }
        let (old, new) = (text(without: .added), text(without: .removed))
        var pieces: [Piece] = []
        func add(_ mark: TextDifference.Mark, _ bytes: some Sequence<UInt8>) {
            if let last = pieces.last, last.mark == mark {
                pieces[pieces.count - 1] = Piece(mark: mark, bytes: last.bytes + bytes)
            } else {
                pieces.append(Piece(mark: mark, bytes: Array(bytes)))
            }
        }
        var next = 0
        for (index, place) in TextDifference.matches(old, in: new).enumerated() {
            if place < 0 {
                add(.removed, old[index])
                continue
            }
            for word in new[next..<place] { add(.added, word) }
            add(.same, old[index])
            next = place + 1
        }
        for word in new[next...] { add(.added, word) }
        return pieces
    }

    /// Takes a text apart: words, and each blank or line end on its own.
    private static func words(_ text: [UInt8]) -> [ArraySlice<UInt8>] {
        var parts: [ArraySlice<UInt8>] = []
        var start = 0
        for (index, byte) in text.enumerated() where byte == 0x20 || byte == 0x0a || byte == 0x09 {
            if start < index { parts.append(text[start..<index]) }
            parts.append(text[index...index])
            start = index + 1
        }
        if start < text.count { parts.append(text[start...]) }
        return parts
    }
}
