/// A line of a task list: `- [ ] text`.
struct TaskItem {
    /// Indentation and bullet, up to the opening bracket.
    let lead: ArraySlice<UInt8>
    /// What stands between the brackets.
    let box: UInt8
    /// What follows the closing bracket.
    let text: ArraySlice<UInt8>

    /// Reads a line; nil when it is no task.
    init?(_ line: ArraySlice<UInt8>) {
        var at = line.startIndex
        func byte(_ offset: Int) -> UInt8 {
            at + offset < line.endIndex ? line[at + offset] : 0
        }
        while byte(0) == 0x20 || byte(0) == 0x09 || byte(0) == 0x3e { at += 1 }
        if byte(0) == 0x2d || byte(0) == 0x2a || byte(0) == 0x2b {
            at += 1
        } else {
            let start = at
            while (0x30...0x39).contains(byte(0)), at - start < 9 { at += 1 }
            guard at > start, byte(0) == 0x2e || byte(0) == 0x29 else { return nil }
            at += 1
        }
        guard byte(0) == 0x20 else { return nil }
        while byte(0) == 0x20 { at += 1 }
        guard byte(0) == 0x5b, byte(2) == 0x5d, byte(1) >= 0x20, byte(1) < 0x7f else { return nil }
        guard at + 3 == line.endIndex || byte(3) == 0x20 else { return nil }
        lead = line[line.startIndex..<at]
        box = byte(1)
        text = line[(at + 3)...]
    }

    /// The line with another box.
    func line(box: UInt8) -> [UInt8] { lead + [0x5b, box, 0x5d] + text }
}
