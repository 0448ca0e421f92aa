import FoundationEssentials
import SyncAdmin
import SyncModel

/// What is written beside a bundle before it has its name. Who has the turn to write it may take
/// away what others left who were cut short.
struct UnfinishedBundles {
    private let directory: String
    private let file: String
    private static let mark = ".partial-"

    /// - Parameter file: the bundle, absolute.
    init(of file: String) {
        let slash = file.lastIndex(of: "/") ?? file.startIndex
        directory = String(file[..<slash])
        self.file = String(file[slash...].dropFirst())
    }

    /// A name that nobody had.
    func newName() -> String {
        let unique = String(UInt64.random(in: 0...UInt64.max), radix: 36)
        return "\(directory)/\(file)\(Self.mark)\(unique)"
    }

    /// Removes all, those of other bundles of a backup too, with git's locks, what they were read
    /// back into, and the archives beside them. What cannot be removed, or listed, is in nobody's
    /// way.
    func remove() {
        let manager = FileManager.default
        // What cannot be listed stays where it is.
        for name in (try? manager.contentsOfDirectory(atPath: directory + "/")) ?? []
        where isUnfinished(name) {
            // What cannot be removed stays, too.
            try? manager.removeItem(atPath: "\(directory)/\(name)")
        }
    }

    private func isUnfinished(_ name: String) -> Bool {
        if UnsyncedFiles.bundles(besidePartial: name).contains(where: isOfBackup) { return true }
        let halves = name.split(separator: Self.mark, maxSplits: 1).map(String.init)
        guard let bundle = halves.first, halves.count == 2 else { return false }
        let parts = halves[1].split(separator: ".", maxSplits: 1)
        return isOfBackup(bundle)
            && (parts.count == 1 || parts.count == 2 && ["lock", "scratch"].contains(parts[1]))
            && parts[0].allSatisfy { $0.isASCII && ($0.isNumber || $0.isLowercase) }
    }

    private func isOfBackup(_ bundle: String) -> Bool {
        bundle == file || BundleName(bundle) != nil
    }
}
