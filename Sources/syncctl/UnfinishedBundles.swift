import FoundationEssentials
import SyncModel

/// What is written beside a bundle before it has its name. Who has the turn to write it may take
/// away what others left who were cut short.
struct UnfinishedBundles {
    private let directory: String
    private let prefix: String

    /// - Parameter file: the bundle, absolute.
    init(of file: String) {
        let slash = file.lastIndex(of: "/") ?? file.startIndex
        directory = String(file[..<slash])
        prefix = file[slash...].dropFirst() + ".partial-"
    }

    /// A name that nobody had.
    func newName() -> String {
        "\(directory)/\(prefix)\(String(UInt64.random(in: 0...UInt64.max), radix: 36))"
    }

    /// Removes all, with git's locks and what they were read back into. What cannot be removed, or
    /// listed, is in nobody's way.
    func remove() {
        let manager = FileManager.default
        // As above.
        for name in (try? manager.contentsOfDirectory(atPath: directory + "/")) ?? []
        where name.hasPrefix(prefix) {
            let parts = name.dropFirst(prefix.count).split(separator: ".", maxSplits: 1)
            guard parts.count == 1 || parts.count == 2 && ["lock", "scratch"].contains(parts[1]),
                parts[0].allSatisfy({ $0.isASCII && ($0.isNumber || $0.isLowercase) })
            else { continue }
            // As above.
            try? manager.removeItem(atPath: "\(directory)/\(name)")
        }
    }
}
