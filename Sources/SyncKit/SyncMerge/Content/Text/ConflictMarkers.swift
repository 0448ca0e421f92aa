internal import SyncModel

/// Conflict markers in the manner of git's diff3 style:
///
///     <<<<<<< id device blob
///     ||||||| id base blob
///     =======
///     >>>>>>> id device blob
///
/// With more than two sides each further one follows a labelled `=======`; where the bases'
/// texts differ, each has a `|||||||` of its own. Sides that say in a place what a base says there
/// disagree with nobody: they stand in others of the file's places, or in none.
struct ConflictMarkers {
    let id: String
    let length: Int
    let terms: ConflictTerms
    /// How a marker line ends.
    let ending: [UInt8]

    private static let left: UInt8 = 0x3c
    private static let base: UInt8 = 0x7c
    private static let middle: UInt8 = 0x3d
    private static let right: UInt8 = 0x3e

    /// The length that no run of a marker's characters in the texts reaches: at least 7.
    ///
    /// Only runs at the start of a line count: nothing else can be taken for a marker.
    static func length(_ texts: [[UInt8]]) -> Int {
        var longest = 6
        for text in texts {
            var run = 0
            var last: UInt8 = 0x0a
            var isLeading = true
            for byte in text {
                if byte == 0x0a {
                    (run, isLeading) = (0, true)
                } else if isLeading {
                    let isMark = byte == left || byte == base || byte == middle || byte == right
                    isLeading = isMark && (run == 0 || byte == last)
                    run = isLeading ? run + 1 : 0
                    longest = max(longest, run)
                }
                last = byte
            }
        }
        return longest + 1
    }

    /// Appends a conflict.
    /// - Parameters:
    ///   - sides: the lines, with their ends, of each side that stands there.
    ///   - bases: those of each base.
    func append(sides: [Term], bases: [Term], to result: inout [UInt8]) {
        let (sideIDs, baseIDs) = (terms.sideIDs, terms.baseIDs)
        func label(_ index: Int) -> String {
            let device = terms.sides[index].stamp.device.unicodeScalars.map {
                $0.value < 0x21 || $0.value == 0x7f ? "_" : String($0)
            }
            return "\(id) \(device.joined()) \(sideIDs[index].short)"
        }
        let part = ConflictLabels.part(sides.count, of: terms.sides.count)
        line(Self.left, label(sides[0].index) + part, to: &result)
        result += sides[0].lines
        let shown = bases.allSatisfy { $0.lines == bases[0].lines } ? [bases[0]] : bases
        for base in shown {
            line(Self.base, "\(id) base \(baseIDs[base.index].short)", to: &result)
            result += base.lines
        }
        for (number, side) in sides.enumerated().dropFirst() {
            let isLast = number == sides.count - 1
            line(Self.middle, isLast ? "" : label(side.index), to: &result)
            result += side.lines
        }
        line(Self.right, label(sides[sides.count - 1].index), to: &result)
    }

    /// A side or a base, by its place among the terms, with its lines.
    typealias Term = (index: Int, lines: [UInt8])

    private func line(_ mark: UInt8, _ label: String, to result: inout [UInt8]) {
        result += Array(repeating: mark, count: length)
        if !label.isEmpty { result += [0x20] + Array(label.utf8) }
        result += ending
    }

    /// Reads the conflict's markers out of a file that somebody may have edited.
    enum Reading {
        /// The conflict's name is nowhere in the file: it is resolved.
        case resolved
        /// Each side's and each base's whole text.
        case open(sides: [[UInt8]], bases: [[UInt8]])
        /// Markers are left that do not belong together.
        case broken
    }

    /// What a file that shows a conflict is made of.
    enum Piece: Hashable {
        /// Whole lines.
        case text([UInt8])
        case conflict(Place)
    }

    /// What stands between two outer markers: each side's lines and each base's.
    struct Place: Hashable {
        /// Of a side or base that does not stand there what a base says.
        var sides: [[UInt8]]
        var bases: [[UInt8]]
        /// Which of the sides stand there, at least two.
        var shown: [Int]

        /// What all sides say that stand there, one after the other.
        var joined: [UInt8] { shown.flatMap { sides[$0] } }
    }

    /// Takes a file apart at a conflict's markers.
    /// - Returns: nil when markers are left that do not belong together.
    static func pieces(_ bytes: [UInt8], of labels: ConflictLabels) -> [Piece]? {
        var pieces: [Piece] = []
        var text: [UInt8] = []
        var (sides, bases): ([ConflictLabels.Found], [ConflictLabels.Found]) = ([], [])
        var length = 0
        var isBase = false
        for range in RecordLines.ranges(bytes, 0..<bytes.count) {
            let whole = bytes[range.lowerBound..<min(range.upperBound + 1, bytes.count)]
            guard let mark = mark(bytes[range], id: labels.id, length: length) else {
                if sides.isEmpty {
                    text += whole
                } else if isBase {
                    bases[bases.count - 1].lines += whole
                } else {
                    sides[sides.count - 1].lines += whole
                }
                continue
            }
            let found = ConflictLabels.Found(label: mark.label)
            switch mark.byte {
            case left where sides.isEmpty:
                pieces.append(.text(text))
                (text, sides, bases, length) = ([], [found], [], mark.length)
            case base where sides.count == 1 && bases.count < labels.bases.count:
                bases.append(found)
                isBase = true
            case middle where (1..<labels.sides.count).contains(sides.count) && !bases.isEmpty:
                sides.append(found)
                isBase = false
            case right where sides.count > 1 && !bases.isEmpty:
                sides[sides.count - 1].label = mark.label
                guard let place = labels.place(sides, bases) else { return nil }
                pieces.append(.conflict(place))
                (sides, bases, length) = ([], [], 0)
            default: return nil
            }
        }
        if !sides.isEmpty { return nil }
        return pieces + [.text(text)]
    }

    /// Takes a file apart into the texts that stand between a conflict's markers.
    static func read(_ bytes: [UInt8], of labels: ConflictLabels) -> Reading {
        guard let pieces = pieces(bytes, of: labels) else { return .broken }
        if pieces.count < 2 { return areIn(bytes, of: labels.id) ? .broken : .resolved }
        var sides = labels.sides.map { _ in [UInt8]() }
        var bases = labels.bases.map { _ in [UInt8]() }
        for piece in pieces {
            switch piece {
            case .text(let text):
                for index in sides.indices { sides[index] += text }
                for index in bases.indices { bases[index] += text }
            case .conflict(let place):
                for index in sides.indices { sides[index] += place.sides[index] }
                for index in bases.indices { bases[index] += place.bases[index] }
            }
        }
        return .open(sides: sides, bases: bases)
    }

    /// Whether a conflict's markers stand in a file and belong together.
    static func areWhole(_ bytes: [UInt8], of labels: ConflictLabels) -> Bool {
        if case .open = read(bytes, of: labels) { return true }
        return false
    }

    /// Whether a line of the file opens a conflict that a record may name.
    static func areIn(_ bytes: [UInt8]) -> Bool {
        RecordLines.ranges(bytes, 0..<bytes.count).contains { range in
            let label = bytes[range].drop { $0 == left }
            guard range.count - label.count >= 7, label.first == 0x20 else { return false }
            let id = label.dropFirst().prefix { $0 != 0x20 }
            return id.count == 16
                && id.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
        }
    }

    /// Whether a marker with a conflict's id is in a file.
    static func areIn(_ bytes: [UInt8], of id: String) -> Bool {
        RecordLines.ranges(bytes, 0..<bytes.count).contains {
            mark(bytes[$0], id: id, length: 0) != nil
        }
    }

    /// The file with a text in place of each conflict; nil when the markers do not belong together.
    static func filled(
        _ bytes: [UInt8], of labels: ConflictLabels, by text: (Place) -> [UInt8]
    ) -> [UInt8]? {
        guard let pieces = pieces(bytes, of: labels), pieces.count > 1 else { return nil }
        return pieces.flatMap { piece in
            switch piece {
            case .text(let lines): lines
            case .conflict(let place): text(place)
            }
        }
    }

    /// The marker that a line is: inside a conflict one of its length; outside, one that opens it.
    private static func mark(
        _ line: ArraySlice<UInt8>, id: String, length: Int
    ) -> (byte: UInt8, length: Int, label: ArraySlice<UInt8>)? {
        guard let byte = line.first,
            byte == left || byte == base || byte == middle || byte == right
        else { return nil }
        let count = line.prefix { $0 == byte }.count
        guard count >= 7, length == 0 || count == length else { return nil }
        let label = line.dropFirst(count)
        let isNamed = label.starts(with: [0x20] + Array(id.utf8))
        let isPlain = byte == middle && (label.isEmpty || label.elementsEqual([0x0d]))
        guard isNamed || isPlain && length > 0 else { return nil }
        return (byte, count, label)
    }
}
