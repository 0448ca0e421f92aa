internal import SyncModel

/// The shapes that one version of a file admits.
struct RecordShapes {
    /// The best first.
    let shapes: [RecordShape]
    /// Nothing but white space: no records in lines or blocks; unparsable as JSON.
    let isBlank: Bool
    /// Whether the text begins as an object or an array does.
    let looksLikeJSON: Bool
    /// Of blocks: whether there are two or more, and whether two differ.
    private let blocks: (areSeveral: Bool, differ: Bool)
    /// Whether lines of torn objects are all there is: JSON Lines, if the other versions are.
    let mayBeLines: Bool

    /// Looks at a side. Where merging captured versions of JSON Lines left nothing but damaged
    /// lines, the captured versions tell what they are the rest of.
    init(_ side: ContentSide) {
        let own = RecordShapes(side.content)
        guard own.shapes.isEmpty, !own.isBlank, !own.mayBeLines, side.captures.count > 1 else {
            self = own
            return
        }
        let captures = side.captures.map { RecordShapes($0.content) }
        let areLines =
            captures.allSatisfy { $0.admits(.lines) }
            && captures.contains { $0.shapes.first == .lines }
        self.init(
            shapes: own.shapes, isBlank: own.isBlank, looksLikeJSON: own.looksLikeJSON,
            blocks: own.blocks, mayBeLines: areLines)
    }

    /// Looks at a content; an absent one admits all shapes.
    init(_ content: [UInt8]?) {
        guard let content else {
            self.init(
                shapes: [], isBlank: true, looksLikeJSON: false, blocks: (false, false),
                mayBeLines: false)
            return
        }
        let shapes = RecordShape.candidates(content)
        let body = RecordFile.bodyStart(content)..<content.count
        let blocks = shapes == [.blocks] ? RecordBlocks.several(content, body) : (false, false)
        let first = content[RecordFile.bodyStart(content)...].first { !JSONParser.isSpace($0) }
        self.init(
            shapes: shapes, isBlank: first == nil,
            looksLikeJSON: first == 0x7b || first == 0x5b, blocks: blocks,
            mayBeLines: shapes.isEmpty && RecordLines.areJSON(content, body, least: 0))
    }

    private init(
        shapes: [RecordShape], isBlank: Bool, looksLikeJSON: Bool,
        blocks: (areSeveral: Bool, differ: Bool), mayBeLines: Bool
    ) {
        self.blocks = blocks
        self.mayBeLines = mayBeLines
        self.shapes = shapes
        self.isBlank = isBlank
        self.looksLikeJSON = looksLikeJSON
    }

    var isValid: Bool { !shapes.isEmpty }

    /// Whether it is one block alone: a document with front matter, not a collection.
    var isOneBlock: Bool { shapes == [.blocks] && !blocks.differ }

    private func isObject(beside other: RecordShapes) -> Bool {
        shapes.contains(.object) && other.isBlank
    }

    func admits(_ shape: RecordShape) -> Bool {
        if isBlank { return shape == .lines || shape == .blocks }
        return shapes.contains(shape) || mayBeLines && shape == .lines
    }

    /// The shapes where other versions say what torn lines are.
    private func beside(_ others: RecordShapes...) -> [RecordShape] {
        mayBeLines && others.contains { $0.shapes.first == .lines } ? [.lines] : shapes
    }

    /// The best shape that both sides admit and, if there is one, the base as well.
    /// - Returns: nil when the sides have none in common; `usesBase` is false when the base is in
    ///   none of theirs: then both sides count as added.
    static func common(
        _ base: RecordShapes, _ early: RecordShapes, _ late: RecordShapes,
        version: Int = MergeIdentity.version
    ) -> (shape: RecordShape, usesBase: Bool)? {
        // Beside an emptied file an object stays what the base is best taken for.
        if base.shapes.first == .object,
            early.isObject(beside: late) || late.isObject(beside: early)
        {
            return (.object, true)
        }
        let shapes = (early.beside(late, base), late.beside(early, base))
        let shared = (late.isBlank ? shapes.0 : shapes.1).filter { shape in
            (early.isBlank ? early.admits(shape) : shapes.0.contains(shape))
                && (late.isBlank ? late.admits(shape) : shapes.1.contains(shape))
        }
        // Of a collection each side may have left one block: it is still merged by records.
        let isCollection =
            version < 9
            ? early.blocks.areSeveral || late.blocks.areSeveral
            : [base, early, late].contains(where: \.blocks.differ)
        var usable = shared.filter { $0 != .blocks || isCollection }
        // What the base is best taken for comes first: what the merge gives is then taken for the
        // same, whatever it came to look like.
        if let best = base.shapes.first(where: { usable.contains($0) }) {
            // What one side no longer is, is not merged as one object: what came of that could
            // be taken for it again.
            return best == .object && base.shapes[0] != best ? nil : (best, true)
        }
        // Without such a base, two objects are no versions of one: of a line each they are two
        // records of JSON Lines, else two files.
        usable.removeAll { $0 == .object }
        return usable.first.map { ($0, base.isBlank || base.admits($0)) }
    }
}
