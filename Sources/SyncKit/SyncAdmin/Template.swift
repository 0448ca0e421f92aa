internal import Glibc
internal import SyncModel

/// An example layout that a new vault may begin with.
struct Template {
    private let source: String
    private static let rules = ".gitattributes"

    init(_ source: String) { self.source = source }

    /// Copies what stands in the layout for a prefix into a folder that is empty.
    /// - Parameter prefix: where the folder's files stand in the repository: for `shared` or
    ///   the whole repository that is all of the layout, for `shared/memories` that part of it.
    /// - Returns: how many files.
    func copy(into folder: String, prefix: FolderID) throws(VaultPlan.Refusal) -> Int {
        guard try names(in: folder).isEmpty else {
            throw VaultPlan.Refusal("\(folder) is not empty: the example layout goes only there")
        }
        guard let prefix else {
            return try copyRules("", to: folder) + copy(source, to: folder + "/shared")
        }
        let text = prefix.text
        let part = text.dropFirst(6)
        guard text == "shared" || text.hasPrefix("shared/"), access(source + part, F_OK) == 0 else {
            throw VaultPlan.Refusal(
                "the example layout has no \(text): use the prefix 'shared', or one below it",
                isUsage: true)
        }
        return try copyRules(text + "/", to: folder) + copy(source + part, to: folder)
    }

    /// Writes what the layout's `.gitattributes` says, which speaks of the top of a repository, as
    /// it is said in a folder.
    /// - Parameter above: where the folder's files stand, with a slash at its end; empty for all.
    /// - Returns: how many files that makes.
    private func copyRules(_ above: String, to folder: String) throws(VaultPlan.Refusal) -> Int {
        let (from, place) = ("\(source)/\(Self.rules)", "\(folder)/\(Self.rules)")
        let bytes: [UInt8]
        do { bytes = try RegularFile.content(from, upTo: Limits.configurationBytes) } catch {
            if error.errno == ENOENT { return 0 }
            throw VaultPlan.Refusal("cannot read \(from): \(error)")
        }
        var text = ""
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            if line.hasPrefix("#") {
                text += line + "\n"
            } else if line.hasPrefix(above) {
                text += line.dropFirst(above.count) + "\n"
            }
        }
        let target = open(place, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard target >= 0 else { throw refusal("write", place) }
        defer { close(target) }
        let written = Array(text.utf8)
        guard write(target, written, written.count) == written.count else {
            throw refusal("write", place)
        }
        return 1
    }

    private func copy(_ from: String, to place: String) throws(VaultPlan.Refusal) -> Int {
        _ = try VaultPlan.makeDirectory(place)
        var count = 0
        for name in try names(in: from) {
            if from == source && name == Self.rules { continue }
            var status = stat()
            guard lstat("\(from)/\(name)", &status) == 0 else { continue }
            switch status.st_mode & S_IFMT {
            case S_IFDIR: count += try copy("\(from)/\(name)", to: "\(place)/\(name)")
            case S_IFREG:
                try copyFile("\(from)/\(name)", to: "\(place)/\(name)")
                count += 1
            default: continue
            }
        }
        return count
    }

    private func copyFile(_ from: String, to place: String) throws(VaultPlan.Refusal) {
        let source = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard source >= 0 else { throw refusal("read", from) }
        defer { close(source) }
        let target = open(place, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard target >= 0 else { throw refusal("write", place) }
        defer { close(target) }
        while true {
            let count = sendfile(target, source, nil, 1 << 20)
            if count == 0 { return }
            if count < 0 && errno != EINTR { throw refusal("copy", from) }
        }
    }

    private func names(in directory: String) throws(VaultPlan.Refusal) -> [String] {
        guard let names = DirectoryNames(directory) else { throw refusal("read", directory) }
        return names.map(\.text).sorted()
    }

    private func refusal(_ verb: String, _ path: String) -> VaultPlan.Refusal {
        VaultPlan.Refusal("cannot \(verb) \(path): \(String(cString: strerror(errno)))")
    }
}
