internal import FoundationEssentials
internal import Glibc
internal import SyncArchive
package import SyncEngine
internal import SyncHistory
package import SyncModel

/// The files of a vault's folders that no commit has, beside a bundle of those that do: waiting,
/// held back, too large.
package struct UnsyncedFiles: Sendable, Codable, Equatable {
    /// The archive; nil when there is nothing that no commit has.
    @OrNull package private(set) var file: String?
    /// Its size.
    package private(set) var bytes = 0
    /// How many files and links it has.
    package private(set) var files = 0
    /// What could not be read, and directories of another file system.
    package private(set) var skipped: [TreePath] = []
    /// The folders that could not be looked at: what they have and no commit has is not in it.
    package private(set) var folders: [Uncommitted.Unseen] = []

    /// Whether all is in it that has to be.
    package var isWhole: Bool { skipped.isEmpty && folders.isEmpty }

    /// What the archive beside a bundle is called.
    package static func name(beside bundle: String) -> String {
        (bundle.hasSuffix(".bundle") ? String(bundle.dropLast(7)) : bundle) + ".tar.zst"
    }

    /// The bundles beside which a file is an archive that is not finished, by their names.
    package static func bundles(besidePartial file: String) -> [String] {
        let end = ".tar.zst" + partialEnd
        if !file.hasSuffix(end) { return [] }
        let stem = String(file.dropLast(end.count))
        return [stem, stem + ".bundle"].filter { name(beside: $0) + partialEnd == file }
    }

    /// The archive before: beside the bundle, or the one before it in a directory.
    private static func former(beside bundle: String) -> String? {
        var bundles = [bundle]
        let slash = bundle.lastIndex(of: "/").map(bundle.index(after:)) ?? bundle.startIndex
        if let name = BundleName(String(bundle[slash...])), name.number > 1 {
            let before = BundleName(vault: name.vault, number: name.number - 1)
            bundles.append(bundle[..<slash] + before.text)
        }
        return bundles.map { self.name(beside: $0) }.first { access($0, F_OK) == 0 }
    }

    private static let partialEnd = ".partial"

    /// Writes the archive beside a bundle, in place of the one before; where there is nothing for
    /// it that one goes. What cannot be read now stays as the one before has it.
    /// - Parameters:
    ///   - found: what does not stand on the disk is passed over.
    ///   - bundle: its absolute path.
    /// - Throws: `ArchiveError`; the archive before still stands then.
    package init(
        _ found: Uncommitted, of configuration: Configuration, beside bundle: String
    ) throws {
        let file = Self.name(beside: bundle)
        let partial = file + Self.partialEnd
        let places = PathArgument(configuration, workingDirectory: "/", home: "/")
        let writer = try ArchiveWriter(partial)
        folders = found.folders
        for path in Set(found.paths).sorted() where !found.isUnseen(path) {
            // Under a longer name than any may have nothing stands here: a commit brought it.
            guard path.fits, let local = places.local(path) else { continue }
            skipped += try writer.add(path, from: local)
        }
        if !isWhole, let former = Self.former(beside: bundle) {
            let unread = Set(skipped)
            try ArchiveReader(former).copy(to: writer) { path in
                unread.contains(path) || path.ancestors.contains(where: unread.contains)
                    || found.isUnseen(path)
            }
        }
        files = writer.count
        if files == 0 {
            // The writer takes its own file away.
            if unlink(file) != 0 && errno != ENOENT { throw ArchiveError.system(file) }
        } else {
            bytes = try writer.finish()
            if rename(partial, file) != 0 { throw ArchiveError.system(file) }
            self.file = file
        }
        try Self.flushDirectory(of: file)
    }

    /// Keeps what the bundle before had beside it beside this one, too, where its own archive could
    /// not be written.
    /// - Returns: whether all of it stands there; not where nothing can be linked.
    /// - Throws: `ArchiveError` where the directory cannot be flushed.
    package static func keepFormer(beside bundle: String) throws -> Bool {
        guard let former = former(beside: bundle) else { return true }
        let file = name(beside: bundle)
        var status = stat()
        if lstat(file, &status) == 0 { return status.st_mode & S_IFMT == S_IFREG }
        if link(former, file) != 0 { return false }
        try flushDirectory(of: file)
        return true
    }

    /// Has a name that came or went stay so after a power cut.
    private static func flushDirectory(of file: String) throws(ArchiveError) {
        let above = file[..<(file.lastIndex(of: "/") ?? file.startIndex)] + "/"
        let directory = open(String(above), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { if directory >= 0 { close(directory) } }
        if directory < 0 || fsync(directory) != 0 { throw .system(file) }
    }

    /// Takes the archive beside a bundle apart, where there is one.
    /// - Parameter directory: absolute; nothing may stand there.
    /// - Returns: how many files it had; nil when there is none.
    static func restore(beside bundle: String, into directory: String) throws -> Int? {
        let file = name(beside: bundle)
        if access(file, F_OK) != 0 { return nil }
        if access(directory, F_OK) == 0 {
            throw VaultPlan.Refusal(
                "\(directory) is there already: the backup's files that were in no commit would "
                    + "go there. Move it away")
        }
        // Whoever is interrupted leaves no directory that has some of them.
        let unfinished = directory + ".unfinished"
        if access(unfinished, F_OK) == 0 {
            try FileManager.default.removeItem(atPath: unfinished)
        }
        let count = try ArchiveReader(file).extract(into: unfinished)
        if rename(unfinished, directory) != 0 { throw ArchiveError.system(directory) }
        return count
    }
}
