import Glibc
import SyncModel

@testable import Wire

/// A repository on a path whose small files somebody else wrote: configuration, `HEAD`, packed and
/// loose references. They are files, in memory, because that is how they are read.
enum RepositoryTarget {
    private static let files = [
        "config", "HEAD", "packed-refs", "refs/heads/sync", "refs/heads/other",
        "refs/sync/devices/linden",
    ]
    private static let place: String = {
        var template = Array("/dev/shm/fuzz-repository-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            perror("/dev/shm")
            exit(1)
        }
        let path = String(
            decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        for directory in ["refs", "refs/heads", "refs/sync", "refs/sync/devices"] {
            mkdir("\(path)/\(directory)", 0o700)
        }
        atexit { RepositoryTarget.remove() }
        return path
    }()

    private static func remove() {
        for name in files { unlink("\(place)/\(name)") }
        for name in ["/refs/sync/devices", "/refs/sync", "/refs/heads", "/refs", ""] {
            rmdir(place + name)
        }
    }

    /// Whatever stands there, reading ends, the answer is the same again, and no reference leads
    /// anywhere but below `refs`.
    @Sendable static func repository(_ bytes: [UInt8]) {
        let parts = bytes.split(separator: 0x1e, omittingEmptySubsequences: false)
        for (number, name) in files.enumerated() {
            write(number < parts.count ? Array(parts[number]) : nil, "\(place)/\(name)")
        }
        let told = answer()
        require(answer() == told, "another answer the second time")
    }

    private static func answer() -> [String] {
        var told: [String] = []
        attempt(&told) { () throws(RepositoryError) in
            try ForeignConfiguration.check(place)
            return ["configuration"]
        }
        let references = ForeignReferences(directory: place, staleLockSeconds: 10)
        attempt(&told) { () throws(RepositoryError) in
            guard let head = try references.headTarget() else { return ["HEAD at a commit"] }
            require(!head.contains(where: \.isNewline), "a name is one line")
            let found = try references.resolve(head)
            require(ForeignReferences.isProper(found.name), "HEAD leads below refs")
            return [found.name, found.id?.hex ?? "-"]
        }
        var names: [String] = []
        attempt(&told) { () throws(RepositoryError) in
            names = try references.names("refs/")
            return names
        }
        require(names == Set(names).sorted(), "names once, and sorted")
        for name in names {
            require(ForeignReferences.isProper(name), "\(name) is a name")
            attempt(&told) { () throws(RepositoryError) in
                let found = try references.resolve(name)
                require(ForeignReferences.isProper(found.name), "\(name) leads below refs")
                return [found.name, found.id?.hex ?? "-"]
            }
        }
        return told
    }

    /// What there is no answer to is damaged, or of a format that is not spoken.
    private static func attempt(
        _ told: inout [String], _ body: () throws(RepositoryError) -> [String]
    ) {
        do throws(RepositoryError) { told += try body() } catch {
            let known: [RepositoryError.Code] = [.corrupt, .notARepository]
            require(known.contains(error.code), "\(error)")
            told.append("\(error)")
        }
    }

    /// Writes a file; without bytes there is none.
    private static func write(_ bytes: [UInt8]?, _ path: String) {
        guard let bytes else {
            unlink(path)
            return
        }
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0, Glibc.write(file, bytes, bytes.count) == bytes.count else {
            perror(path)
            exit(1)
        }
        close(file)
    }
}
