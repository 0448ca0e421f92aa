internal import SyncModel

/// Conflict markers in the manner of git's diff3 style:
///
///     <<<<<<< id device blob
///     ||||||| id base blob
///     =======
///     >>>>>>> id device blob
///
/// With more than two sides each further one follows a labelled `=======`; where the bases'
/// texts differ, each has a `|||||||` of its own.
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
    /// - Parameter texts: each side's and each base's lines, with their ends.
    func append(sides: [[UInt8]], bases: [[UInt8]], to result: inout [UInt8]) {
        let (sideIDs, baseIDs) = (terms.sideIDs, terms.baseIDs)
        func label(_ index: Int) -> String {
            let device = terms.sides[index].stamp.device.unicodeScalars.map {
                $0.value < 0x21 || $0.value == 0x7f ? "_" : String($0)
            }
            return "\(id) \(device.joined()) \(sideIDs[index].short)"
        }
        let last = sides.count - 1
        line(Self.left, label(0), to: &result)
        result += sides[0]
        let shown = bases.allSatisfy { $0 == bases[0] } ? [bases[0]] : bases
        for (index, text) in shown.enumerated() {
            line(Self.base, "\(id) base \(baseIDs[index].short)", to: &result)
            result += text
        }
        for index in sides.indices.dropFirst() {
            line(Self.middle, index == last ? "" : label(index), to: &result)
            result += sides[index]
        }
        line(Self.right, label(last), to: &result)
    }

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
        var sides: [[UInt8]]
        var bases: [[UInt8]]
    }

    /// Takes a file apart at the markers of conflict `id`.
    /// - Parameter sideCount: how many sides the conflict has.
    /// - Returns: nil when markers are left that do not belong together.
    static func pieces(_ bytes: [UInt8], id: String, sideCount: Int) -> [Piece]? {
        var pieces: [Piece] = []
        var text: [UInt8] = []
        var (sides, bases): ([[UInt8]], [[UInt8]]) = ([], [])
        var length = 0
        var isBase = false
        for range in RecordLines.ranges(bytes, 0..<bytes.count) {
            let whole = bytes[range.lowerBound..<min(range.upperBound + 1, bytes.count)]
            guard let mark = mark(bytes[range], id: id, length: length) else {
                if sides.isEmpty {
                    text += whole
                } else if isBase {
                    bases[bases.count - 1] += whole
                } else {
                    sides[sides.count - 1] += whole
                }
                continue
            }
            switch mark.byte {
            case left where sides.isEmpty:
                pieces.append(.text(text))
                (text, sides, bases, length) = ([], [[]], [], mark.length)
            case base where sides.count == 1 && bases.count < sideCount - 1:
                bases.append([])
                isBase = true
            case middle where (1..<sideCount).contains(sides.count) && !bases.isEmpty:
                sides.append([])
                isBase = false
            case right where sides.count == sideCount && !bases.isEmpty:
                let last = bases[bases.count - 1]
                bases += Array(repeating: last, count: sideCount - 1 - bases.count)
                pieces.append(.conflict(Place(sides: sides, bases: bases)))
                (sides, bases, length) = ([], [], 0)
            default: return nil
            }
        }
        if !sides.isEmpty { return nil }
        return pieces + [.text(text)]
    }

    /// Takes a file apart into the texts that stand between the markers of conflict `id`.
    /// - Parameter sideCount: how many sides the conflict has.
    static func read(_ bytes: [UInt8], id: String, sideCount: Int) -> Reading {
        guard let pieces = pieces(bytes, id: id, sideCount: sideCount) else { return .broken }
        if pieces.count < 2 { return contains(bytes, id) ? .broken : .resolved }
        var sides = Array(repeating: [UInt8](), count: sideCount)
        var bases = Array(repeating: [UInt8](), count: sideCount - 1)
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

    /// Whether the markers of a conflict stand in a file and belong together.
    static func isWhole(_ record: ConflictRecord, in content: [UInt8]) -> Bool {
        if case .open = read(content, id: record.id, sideCount: record.sides.count) { return true }
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

    /// The file with all sides' texts, one after the other, in place of each conflict; nil when
    /// the markers do not belong together.
    static func joined(_ bytes: [UInt8], id: String, sideCount: Int) -> [UInt8]? {
        guard let pieces = pieces(bytes, id: id, sideCount: sideCount), pieces.count > 1 else {
            return nil
        }
        return pieces.flatMap { piece in
            switch piece {
            case .text(let text): text
            case .conflict(let place): place.sides.flatMap { $0 }
            }
        }
    }

    /// The marker that a line is: inside a conflict one of its length; outside, one that opens it.
    private static func mark(
        _ line: ArraySlice<UInt8>, id: String, length: Int
    ) -> (byte: UInt8, length: Int)? {
        guard let byte = line.first,
            byte == left || byte == base || byte == middle || byte == right
        else { return nil }
        let count = line.prefix { $0 == byte }.count
        guard count >= 7, length == 0 || count == length else { return nil }
        let label = line.dropFirst(count)
        let isNamed = label.starts(with: [0x20] + Array(id.utf8))
        let isPlain = byte == middle && (label.isEmpty || label.elementsEqual([0x0d]))
        guard isNamed || isPlain && length > 0 else { return nil }
        return (byte, count)
    }

    private static func contains(_ bytes: [UInt8], _ id: String) -> Bool {
        let id = Array(id.utf8)
        return RecordLines.ranges(bytes, 0..<bytes.count).contains {
            mark(bytes[$0], id: String(decoding: id, as: UTF8.self), length: 0) != nil
        }
    }
}
