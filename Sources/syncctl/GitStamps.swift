import Glibc
import SyncMerge
import SyncModel
import SyncRemote

/// When and where the two versions were made that `git merge` gives to a merge driver.
///
/// git says nothing of it. Under `git merge` the merged head stands in the environment
/// (`GITHEAD_<id>`, see builtin/merge.c): each side's stamp is then that of the newest commit
/// that changed the path, as in a vault. Under `git rebase` and `git cherry-pick` it does not:
/// then what is applied counts as the later side, which in the new history it is.
struct GitStamps {
    let ours: VersionStamp
    let theirs: VersionStamp

    /// Asks git in the current directory.
    init(path: TreePath?, ours: [UInt8], theirs: [UInt8]) {
        let blobs = (ObjectID(hashing: ours, as: .blob), ObjectID(hashing: theirs, as: .blob))
        if let path, let head = Self.mergedHead(),
            let one = Self.stamp(of: path, at: "HEAD", blobs.0),
            let two = Self.stamp(of: path, at: head, blobs.1)
        {
            (self.ours, self.theirs) = (one, two)
            return
        }
        self.ours = VersionStamp(milliseconds: 0, device: "ours", commit: .zero, blob: blobs.0)
        self.theirs = VersionStamp(milliseconds: 1, device: "theirs", commit: .zero, blob: blobs.1)
    }

    /// The one head that is being merged; nil where there is none, or several.
    private static func mergedHead() -> String? {
        var heads: [String] = []
        var entry = environ
        while let text = entry.pointee {
            let name = String(cString: text).prefix { $0 != "=" }
            if name.hasPrefix("GITHEAD_"), let id = ObjectID(hex: String(name.dropFirst(8))) {
                heads.append(id.hex)
            }
            entry += 1
        }
        return heads.count == 1 ? heads[0] : nil
    }

    /// The stamp of the newest commit at or before `commit` that changed the path.
    private static func stamp(
        of path: TreePath, at commit: String, _ blob: ObjectID
    ) -> VersionStamp? {
        func trailer(_ name: String) -> String {
            "%(trailers:key=\(name),valueonly,separator=%x2c)"
        }
        let format = "%ct%n%H%n\(trailer("Sync-HLC"))%n\(trailer("Sync-Device"))%n%an"
        // Of the path no byte means anything but itself.
        let asked = ProgramRun.answer([
            "git", "log", "-1", "--no-show-signature", "--format=\(format)", commit, "--",
            ":(literal)\(path.text)",
        ])
        guard let asked, asked.code == 0 else { return nil }
        let lines = String(decoding: asked.run.output, as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count >= 5, let seconds = Int64(lines[0]),
            let commit = ObjectID(hex: String(lines[1]))
        else { return nil }
        let milliseconds = Int64(lines[2]) ?? seconds.multipliedReportingOverflow(by: 1000).0
        return VersionStamp(
            milliseconds: milliseconds, device: String(lines[3].isEmpty ? lines[4] : lines[3]),
            commit: commit, blob: blob)
    }
}
