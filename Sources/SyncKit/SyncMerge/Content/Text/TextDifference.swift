internal import SyncModel

/// How one text differs from another, for a person.
package enum TextDifference {
    /// Lists the changed lines with three lines around each.
    /// - Returns: lines that begin with ` `, `-` or `+`, stretches apart by `@@`; nil when one of
    ///   the two is no text or larger than a document.
    package static func lines(_ old: [UInt8], _ new: [UInt8]) -> [String]? {
        for text in [old, new] where TextFile.isBinary(text) || text.count > Limits.documentSize {
            return nil
        }
        let (before, after) = (split(old), split(new))
        var numbers: [ArraySlice<UInt8>: Int] = [:]
        func number(_ line: ArraySlice<UInt8>) -> Int {
            let next = numbers.count
            return numbers[line]
                ?? {
                    numbers[line] = next; return next
                }()
        }
        let matches = LineDiff.matches(before.map(number), after.map(number))
        var marked: [(mark: String, line: ArraySlice<UInt8>)] = []
        var next = 0
        for (index, place) in matches.enumerated() {
            if place < 0 {
                marked.append(("-", before[index]))
                continue
            }
            for line in after[next..<place] { marked.append(("+", line)) }
            marked.append((" ", before[index]))
            next = place + 1
        }
        for line in after[next...] { marked.append(("+", line)) }
        return shown(marked)
    }

    private static func split(_ text: [UInt8]) -> [ArraySlice<UInt8>] {
        var lines = text.split(separator: 0x0a, omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines
    }

    private static func shown(_ marked: [(mark: String, line: ArraySlice<UInt8>)]) -> [String] {
        var near = [Bool](repeating: false, count: marked.count)
        for (index, entry) in marked.enumerated() where entry.mark != " " {
            for place in max(0, index - 3)...min(marked.count - 1, index + 3) { near[place] = true }
        }
        var result: [String] = []
        for (index, entry) in marked.enumerated() where near[index] {
            if index > 0, !near[index - 1] { result.append("@@") }
            result.append(entry.mark + String(decoding: entry.line, as: UTF8.self))
        }
        return result
    }
}
