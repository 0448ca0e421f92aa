import FoundationEssentials
import Glibc
import SyncAdmin
import SyncModel

/// A bundle on the disk, and where one may be written.
enum BundleFile {
    /// Where a file is written that a user names. A link stays, and what it leads to is written.
    /// - Parameter file: absolute.
    /// - Throws: `Failure` where something stands that is no file: a rename would put one in the
    ///   place of a device.
    static func place(_ file: String) throws -> String {
        var place = file
        // As many links as the system follows.
        for _ in 0..<40 {
            var status = stat()
            if lstat(place, &status) != 0 {
                if errno == ENOENT { return place }
                throw Failure(Exit.failed, "\(file): \(String(cString: strerror(errno)))")
            }
            switch status.st_mode & S_IFMT {
            case S_IFREG: return place
            case S_IFLNK:
                let target = try FileManager.default.destinationOfSymbolicLink(atPath: place)
                let above = place[..<(place.lastIndex(of: "/") ?? place.startIndex)]
                place = target.hasPrefix("/") ? target : "\(above)/\(target)"
            default: throw other(file)
            }
        }
        throw Failure(Exit.failed, "\(file): \(String(cString: strerror(ELOOP)))")
    }

    /// Lets only a regular file be replaced, or nothing.
    static func refuseOther(_ file: String) throws {
        var status = stat()
        if lstat(file, &status) == 0 && status.st_mode & S_IFMT != S_IFREG { throw other(file) }
    }

    private static func other(_ file: String) -> Failure {
        Failure(
            Exit.failed,
            "\(file) is no regular file, and stays as it is: give the name of a file, or of a "
                + "directory")
    }

    /// Reads a bundle and compares its pack with the checksum that it ends with.
    /// - Throws: `Failure` with what is wrong with it.
    static func head(of path: String) throws -> BundleHead {
        // What is no file, such as a FIFO, is not waited for.
        let file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        defer { if file >= 0 { close(file) } }
        var status = stat()
        guard file >= 0, fstat(file, &status) == 0 else { throw damaged(path, strerror(errno)) }
        if status.st_mode & S_IFMT != S_IFREG { throw damaged(path, "it is no regular file") }
        var pack = Pack()
        var buffer = [UInt8](repeating: 0, count: 256 << 10)
        while true {
            let count = read(file, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            if count < 0 { throw damaged(path, strerror(errno)) }
            if count == 0 { break }
            pack.add(buffer[..<count])
        }
        if !pack.isWhole { throw damaged(path, "its content does not match its checksum") }
        guard let head = BundleHead(pack.head) else {
            throw damaged(path, "its first lines are not those of a bundle")
        }
        return head
    }

    /// Writes a bundle anew that names more references.
    /// - Parameters:
    ///   - path: a bundle that was just written.
    ///   - references: those that it does not name are added.
    static func copy(_ path: String, to new: String, naming references: [String: ObjectID]) throws {
        var head = try head(of: path)
        let size = head.size
        head.references.merge(references) { named, _ in named }
        let from = open(path, O_RDONLY | O_CLOEXEC)
        defer { if from >= 0 { close(from) } }
        guard from >= 0, lseek(from, off_t(size), SEEK_SET) == size else {
            throw damaged(path, strerror(errno))
        }
        try create(new) { file in
            try write(head.bytes, to: file, new)
            var buffer = [UInt8](repeating: 0, count: 256 << 10)
            while true {
                let count = read(from, &buffer, buffer.count)
                if count < 0 && errno == EINTR { continue }
                if count < 0 { throw damaged(path, strerror(errno)) }
                if count == 0 { break }
                try write(buffer[..<count], to: file, new)
            }
        }
    }

    /// Writes a bundle that has no object: all are in those before it.
    static func write(_ head: BundleHead, to path: String) throws {
        try create(path) { file in
            let pack = Array("PACK".utf8) + [0, 0, 0, 2, 0, 0, 0, 0]
            var hash = StreamingSHA1()
            hash.update(pack)
            try write(head.bytes + pack + hash.value.bytes, to: file, path)
        }
    }

    private static func create(_ path: String, _ fill: (Int32) throws -> Void) throws {
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        if file < 0 { throw unwritten(path) }
        defer { close(file) }
        try fill(file)
    }

    private static func write(_ bytes: some Collection<UInt8>, to file: Int32, _ path: String)
        throws
    {
        var rest = Array(bytes)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            if count < 0 { throw unwritten(path) }
            rest = rest.dropFirst(count)
        }
    }

    private static func unwritten(_ path: String) -> Failure {
        Failure(Exit.failed, "\(path) cannot be written: \(String(cString: strerror(errno)))")
    }

    private static func damaged(_ path: String, _ error: UnsafeMutablePointer<CChar>) -> Failure {
        damaged(path, String(cString: error))
    }

    private static func damaged(_ path: String, _ problem: String) -> Failure {
        Failure(Exit.failed, "\(path) is damaged (\(problem))\(needed)")
    }

    /// What is said of a bundle that cannot be used, and what to do.
    static let needed =
        ", and those after it need it: bring it back from a copy, or give another directory"

    /// The pack of a bundle, as it is read.
    private struct Pack {
        private var hash = StreamingSHA1()
        /// What may be the checksum: the last bytes so far.
        private var end: [UInt8] = []
        private var beginning = BundleBeginning()
        /// What stands before it, up to the bound.
        var head: [UInt8] { beginning.bytes }

        /// Whether what was hashed is what the last bytes say.
        var isWhole: Bool { ObjectID(end) == hash.value }

        /// Takes what comes next.
        mutating func add(_ bytes: ArraySlice<UInt8>) {
            end += beginning.take(bytes)
            let hashed = end.count - ObjectID.byteCount
            if hashed <= 0 { return }
            hash.update(Array(end[..<hashed]))
            end.removeFirst(hashed)
        }
    }
}
