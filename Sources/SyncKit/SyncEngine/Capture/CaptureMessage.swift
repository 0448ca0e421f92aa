package import SyncModel

/// The message of a capture commit: what changed, in words a person reads on GitHub.
package enum CaptureMessage {
    /// Words the message.
    /// - Parameters:
    ///   - all: what the commit changes, paths of the repository; at least one.
    ///   - device: the trailer `Sync-Device`.
    ///   - time: the trailer `Sync-HLC`.
    /// - Returns: subject, a list of at most `Limits.listedPaths` paths when there is more than
    ///   one, and the trailers.
    package static func text(_ all: [TreeChange], device: String, time: Timestamp) -> String {
        let changes = TreeChange.named(all)
        var text = subject(changes) + "\n\n"
        if changes.count > 1 {
            for change in first(of: changes) {
                text += "\(letter(change)) \(name(change))\n"
            }
            let rest = changes.count - Limits.listedPaths
            if rest > 0 { text += "… and \(grouped(rest)) more\n" }
            text += "\n"
        }
        return text + trailers(device: device, time: time)
    }

    /// Words the message of a change that somebody asked for.
    static func text(asked subject: String, device: String, time: Timestamp) -> String {
        text(asked: ChangeWords(subject), device: device, time: time)
    }

    /// The same of a change that says more of itself.
    static func text(asked words: ChangeWords, device: String, time: Timestamp) -> String {
        var text = words.subject + "\n\n"
        for line in words.lines.prefix(Limits.listedPaths) { text += line + "\n" }
        let rest = words.lines.count - Limits.listedPaths
        if rest > 0 { text += "… and \(grouped(rest)) more\n" }
        if !words.lines.isEmpty { text += "\n" }
        return text + trailers(device: device, time: time) + words.trailers
    }

    private static func trailers(device: String, time: Timestamp) -> String {
        "Sync-Device: \(device)\nSync-HLC: \(time.milliseconds)\n"
            + "Sync-Version: \(Version.text)\n"
    }

    private static func subject(_ changes: [TreeChange]) -> String {
        let added = changes.count { $0.before == nil }
        let deleted = changes.count { $0.after == nil }
        if changes.count == 1 {
            let path = name(changes[0])
            if added == 1 { return "added \(path)" }
            return deleted == 1 ? "deleted \(path)" : "\(path)"
        }
        if let renamed = renamed(changes) { return renamed }
        let place = commonDirectory(changes).map { " in \($0)/" } ?? ""
        let files = "\(grouped(changes.count)) files\(place)"
        if added == changes.count { return "added \(files)" }
        return deleted == changes.count ? "deleted \(files)" : files
    }

    /// One sentence for a rename of a file, or of many from one directory to another.
    private static func renamed(_ changes: [TreeChange]) -> String? {
        let gone = changes.filter { $0.after == nil }
        let come = changes.filter { $0.before == nil }
        guard !gone.isEmpty, gone.count == come.count, gone.count * 2 == changes.count,
            gone.compactMap(\.before?.id).sorted() == come.compactMap(\.after?.id).sorted()
        else { return nil }
        if gone.count == 1 { return "renamed \(gone[0].path) to \(come[0].path)" }
        guard let old = commonDirectory(gone), let new = commonDirectory(come), old != new else {
            return nil
        }
        return "moved \(grouped(gone.count)) files from \(old)/ to \(new)/"
    }

    /// The changes that are listed, in the order of their paths: sorting all would take longer
    /// than writing the commit's trees.
    private static func first(of changes: [TreeChange]) -> [TreeChange] {
        var first: [TreeChange] = []
        for change in changes {
            if first.count == Limits.listedPaths {
                guard let last = first.last, change.path < last.path else { continue }
                first.removeLast()
            }
            first.insert(change, at: first.firstIndex { change.path < $0.path } ?? first.count)
        }
        return first
    }

    private static func name(_ change: TreeChange) -> String {
        let isDirectory = (change.after ?? change.before)?.isDirectory ?? false
        return "\(change.path)" + (isDirectory ? "/" : "")
    }

    private static func letter(_ change: TreeChange) -> String {
        if change.before == nil { return "A" }
        return change.after == nil ? "D" : "M"
    }

    /// The deepest directory that holds all paths; nil when that is the top.
    private static func commonDirectory(_ changes: [TreeChange]) -> TreePath? {
        var common = changes.first?.path.parent
        while let directory = common,
            !changes.allSatisfy({ $0.path.isAtOrBelow(directory) && $0.path != directory })
        {
            common = directory.parent
        }
        return common
    }

    /// A number with its thousands separated.
    private static func grouped(_ number: Int) -> String {
        var digits = Array(String(number))
        var index = digits.count - 3
        while index > 0 {
            digits.insert(",", at: index)
            index -= 3
        }
        return String(digits)
    }
}
