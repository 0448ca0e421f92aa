internal import Glibc

/// Which file or directory stands at a path just now: what takes its place is another.
package struct FileIdentity: Sendable, Equatable {
    private let device: dev_t
    private let inode: ino_t

    /// Looks at a path.
    /// - Parameter followsLink: whether what a link leads to is meant, where the path is one.
    /// - Returns: nil, with `errno`, when nothing is there or it may not be looked at.
    package init?(_ path: String, followingLink followsLink: Bool = true) {
        var status = stat()
        let code = followsLink ? stat(path, &status) : lstat(path, &status)
        if code != 0 { return nil }
        (device, inode) = (status.st_dev, status.st_ino)
    }
}
