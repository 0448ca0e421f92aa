internal import Glibc
internal import Logging
internal import NIOCore
internal import NIOSSL
internal import SyncEngine
internal import SyncModel
internal import Synchronization

/// A listener's certificate, which is taken anew when another stands in its files: whoever renews
/// it tells nobody. One that cannot be used is warned of, and that of before stays in use.
final class RenewedCertificate: Sendable {
    private struct Pair {
        let chain: [NIOSSLCertificate]
        let key: NIOSSLPrivateKey
        let times: [FileTime]
    }

    /// When a file was written, by its own account, which may be any time.
    private struct FileTime: Equatable {
        let seconds: Int
        let nanoseconds: Int
        let inode: UInt64

        init(_ path: String) throws {
            var status = stat()
            guard stat(path, &status) == 0 else { throw ControlSocketError.last("read", path) }
            (seconds, nanoseconds) = (status.st_mtim.tv_sec, status.st_mtim.tv_nsec)
            inode = UInt64(status.st_ino)
        }
    }

    private let paths: [String]
    private let pair: Mutex<Pair>

    /// Reads both files.
    /// - Throws: when they are not there, are none, or do not belong together.
    init(_ certificate: String, key: String?) throws {
        paths = [certificate, key ?? certificate]
        pair = Mutex(try Self.read(paths))
    }

    /// TLS 1.2 or later, with the certificate that is in use when somebody connects.
    var configuration: TLSConfiguration {
        var configuration = Self.configuration(pair.withLock { $0 })
        configuration.sslContextCallback = { [self] _, promise in
            let pair = pair.withLock { $0 }
            var now = NIOSSLContextConfigurationOverride()
            now.certificateChain = pair.chain.map { .certificate($0) }
            now.privateKey = .privateKey(pair.key)
            promise.succeed(now)
        }
        return configuration
    }

    private static func configuration(_ pair: Pair) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: pair.chain.map { .certificate($0) },
            privateKey: .privateKey(pair.key))
        configuration.minimumTLSVersion = .tlsv12
        return configuration
    }

    private static func read(_ paths: [String]) throws -> Pair {
        // The times first: what changes meanwhile is read again.
        let times = try paths.map { try FileTime($0) }
        let pair = Pair(
            chain: try NIOSSLCertificate.fromPEMBytes(content(paths[0])),
            key: try NIOSSLPrivateKey(bytes: content(paths[1]), format: .pem), times: times)
        // Nobody can connect to one whose key is another's.
        _ = try NIOSSLContext(configuration: configuration(pair))
        return pair
    }

    private static func content(_ path: String) throws -> [UInt8] {
        try RegularFile.content(path, upTo: Limits.certificateBytes)
    }

    /// Looks from time to time whether another certificate is there, until it is cancelled.
    func follow(_ board: StatusBoard, _ log: Logger) async {
        let clock = ContinuousClock()
        while true {
            // A timer: it may be renewed at any time.
            do { try await clock.sleep(for: Limits.certificateCheck) } catch { return }
            do {
                let used = pair.withLock { $0.times }
                if try paths.map({ try FileTime($0) }) != used {
                    let new = try Self.read(paths)
                    pair.withLock { $0 = new }
                    log.info("the certificate was renewed: \(paths[0])")
                }
                board.warn(nil, of: .certificate)
            } catch {
                let words =
                    "the certificate at \(paths[0]) cannot be used, the one before goes on: "
                    + "\(error)"
                if board.warn(words, of: .certificate) { log.warning("\(words)") }
            }
        }
    }
}
