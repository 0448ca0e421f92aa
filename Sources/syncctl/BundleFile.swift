import FoundationEssentials
import Glibc

/// Where a bundle may be written.
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
}
