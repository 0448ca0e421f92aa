import Glibc
import SyncEngine
import SyncHistory
import SyncModel

/// A directory outside the vault that versions are written into. Nothing that stands there is
/// replaced, and nothing is written through a link: what a vault holds comes from other devices.
final class Beside {
    private let path: String
    private let history: VaultHistory
    private let root: Int32

    /// Opens the directory, and makes it and those above it where they are not there.
    /// - Parameter path: absolute; links in it are followed, for the user wrote it.
    /// - Throws: `Failure`.
    init(_ path: String, _ history: VaultHistory) throws {
        self.path = path
        self.history = history
        var made = ""
        for name in path.split(separator: "/") {
            made += "/\(name)"
            if mkdir(made, 0o777) != 0 && errno != EEXIST {
                throw Self.failure(made, String(cString: strerror(errno)))
            }
        }
        root = open("\(path)/", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if root < 0 { throw Self.failure(path, String(cString: strerror(errno))) }
    }

    deinit { close(root) }

    /// Writes one version.
    /// - Parameter place: below the directory.
    /// - Throws: `Failure` where something stands, a link leads on, or nothing can be written.
    func write(_ version: FileVersion, to place: TreePath) throws {
        var directory = root
        defer { if directory != root { close(directory) } }
        for above in place.ancestors.reversed() {
            let next = try step(from: directory, to: above)
            if directory != root { close(directory) }
            directory = next
        }
        let name = Self.name(place.name)
        switch version.mode {
        case .directory:
            if mkdirat(directory, name, 0o777) != 0 { throw failure(place) }
        case .symbolicLink:
            let target = try history.repository.blob(version.id)
            if target.contains(0) {
                throw Self.failure(
                    Self.shown(place, below: path), "no link can lead to such a name")
            }
            if symlinkat(Self.name(target[...]), directory, name) != 0 { throw failure(place) }
        case .regular, .executable:
            let bytes = try history.repository.blob(version.id)
            let mode: mode_t = version.mode == .executable ? 0o777 : 0o666
            let flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC
            let file = openat(directory, name, flags, mode)
            guard file >= 0 else { throw failure(place) }
            defer { close(file) }
            if !Self.write(bytes, file) {
                let error = failure(place)
                unlinkat(directory, name, 0)
                throw error
            }
        case .submodule:
            throw Self.failure(
                Self.shown(place, below: path), "it is a commit of another repository")
        }
    }

    /// Opens a directory in another, made where nothing stands.
    private func step(from directory: Int32, to place: TreePath) throws -> Int32 {
        let name = Self.name(place.name)
        if mkdirat(directory, name, 0o777) != 0 && errno != EEXIST { throw failure(place) }
        let next = openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        if next >= 0 { return next }
        let error = failure(place)
        var status = stat()
        if fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0,
            status.st_mode & S_IFMT == S_IFLNK
        {
            let link = Self.shown(place, below: path)
            throw Failure(
                Exit.failed, "\(link) is a symbolic link: nothing is written through it")
        }
        throw error
    }

    /// Writes all bytes.
    /// - Returns: false when it cannot; `errno` says why.
    private static func write(_ bytes: [UInt8], _ file: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            if count <= 0 { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    /// A name as the system takes it.
    private static func name(_ bytes: ArraySlice<UInt8>) -> [CChar] {
        bytes.map { CChar(bitPattern: $0) } + [0]
    }

    /// Where a version is written, for a person.
    /// - Parameter path: the directory's.
    static func shown(_ place: TreePath, below path: String) -> String {
        "\(path == "/" ? "" : path)/\(place.text)"
    }

    private func failure(_ place: TreePath) -> Failure {
        Self.failure(Self.shown(place, below: path), String(cString: strerror(errno)))
    }

    private static func failure(_ path: String, _ cause: String) -> Failure {
        Failure(Exit.failed, "\(path) cannot be written: \(cause)")
    }
}
