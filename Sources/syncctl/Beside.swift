import Glibc
import SyncEngine
import SyncHistory
import SyncModel

/// Versions that are written beside the vault; nothing that stands there is replaced.
enum Beside {
    /// Writes one version.
    /// - Parameter target: an absolute path, whatever its bytes are.
    /// - Throws: `Failure` where something stands or nothing can be written.
    static func write(_ version: FileVersion, to target: [UInt8], _ history: VaultHistory) throws {
        var made: [UInt8] = []
        for part in target.split(separator: 0x2f).dropLast() {
            made += [0x2f] + part
            if mkdir(name(made), 0o777) != 0 && errno != EEXIST { throw failure(made) }
        }
        let target = name(target)
        switch version.mode {
        case .directory:
            if mkdir(target, 0o777) != 0 { throw failure(target) }
        case .submodule: break
        case .symbolicLink:
            let link = String(decoding: try history.repository.blob(version.id), as: UTF8.self)
            if symlink(link, target) != 0 { throw failure(target) }
        case .regular, .executable:
            let bytes = try history.repository.blob(version.id)
            let mode: mode_t = version.mode == .executable ? 0o777 : 0o666
            let file = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
            guard file >= 0 else { throw failure(target) }
            defer { close(file) }
            try write(bytes, file, target)
        }
    }

    private static func write(_ bytes: [UInt8], _ file: Int32, _ target: [CChar]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            if count <= 0 {
                let error = failure(target)
                unlink(target)
                throw error
            }
            rest = rest.dropFirst(count)
        }
    }

    /// A path as the system takes it.
    private static func name(_ path: [UInt8]) -> [CChar] {
        path.map { CChar(bitPattern: $0) } + [0]
    }

    private static func failure(_ target: [UInt8]) -> Failure { failure(name(target)) }

    private static func failure(_ target: [CChar]) -> Failure {
        let cause = String(cString: strerror(errno))
        let path = String(decoding: target.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return Failure(Exit.failed, "\(path) cannot be written: \(cause)")
    }
}
