@testable import SyncModel

/// The meaning of a pattern in the shortest words: tries everything. Classes are left out.
struct PlainMatch {
    private let pattern: [UInt8]

    init(_ pattern: [UInt8]) { self.pattern = pattern }

    func matches(_ text: [UInt8]) -> Bool { matches(0, text[...]) }

    private func matches(_ p: Int, _ text: ArraySlice<UInt8>) -> Bool {
        guard p < pattern.count else { return text.isEmpty }
        switch pattern[p] {
        case 0x2a: return stars(p, text)
        case 0x3f:
            return text.first != nil && text.first != 0x2f && matches(p + 1, text.dropFirst())
        case 0x5b:
            // Asks the reader under test where the class ends and what is in it.
            guard let end = (p + 1...pattern.count).first(where: { one($0, from: p) != nil }),
                let set = one(end, from: p), let byte = text.first
            else { return false }
            var work = 10
            return byte != 0x2f && set.matches([byte], work: &work)
                && matches(end, text.dropFirst())
        case 0x5c:
            return p + 1 < pattern.count && text.first == pattern[p + 1]
                && matches(p + 2, text.dropFirst())
        default: return text.first == pattern[p] && matches(p + 1, text.dropFirst())
        }
    }

    private func one(_ end: Int, from p: Int) -> Wildmatch? { Wildmatch(pattern[p..<end]) }

    private func stars(_ start: Int, _ text: ArraySlice<UInt8>) -> Bool {
        var p = start
        while p < pattern.count, pattern[p] == 0x2a { p += 1 }
        let opens = start == 0 || pattern[start - 1] == 0x2f
        let closes =
            p == pattern.count || pattern[p] == 0x2f
            || pattern[p] == 0x5c && p + 1 < pattern.count && pattern[p + 1] == 0x2f
        let crosses = p - start > 1 && opens && closes
        if crosses, p < pattern.count, pattern[p] == 0x2f, matches(p + 1, text) { return true }
        for length in 0...text.count {
            if !crosses, text.prefix(length).contains(0x2f) { return false }
            if matches(p, text.dropFirst(length)) { return true }
        }
        return false
    }
}
