internal import Glibc
internal import SyncHTTP
package import SyncModel

/// A token in a file that nobody else may read.
struct FileToken: SecretSource {
    let path: String
    let user: String
    /// Whether the file need not be there.
    var isOptional = false

    func login(_ cancellation: Cancellation) throws(RemoteError) -> HTTPRequest.Login? {
        guard let text = try SecretFile.read(path, isOptional: isOptional) else { return nil }
        return try Token.login(text, user, path)
    }
}

/// A small file that holds a secret.
package enum SecretFile {
    /// Reads a file with a secret a line.
    /// - Parameter what: what it holds, for the words of a failure.
    /// - Returns: the lines without blanks around them, but for those with nothing else.
    /// - Throws: as `read`, with nothing optional.
    package static func lines(_ path: String, _ what: String = "token") throws(RemoteError)
        -> [String]
    {
        let text = try read(path, what) ?? ""
        return text.split(whereSeparator: \.isNewline).map { line in
            String(line.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
        }.filter { !$0.isEmpty }
    }

    /// Reads the file.
    /// - Parameters:
    ///   - what: what it holds, for the words of a failure.
    ///   - isOptional: whether it need not be there.
    /// - Returns: nil when it is not there and need not be.
    /// - Throws: `.authentication` when it is not there, another user's, or open to others; never
    ///   with its content.
    package static func read(
        _ path: String, _ what: String = "token", isOptional: Bool = false
    ) throws(RemoteError) -> String? {
        func refuse(_ cause: String, _ hint: String?) -> RemoteError {
            RemoteError(.authentication, "read the \(what)", "\(path): \(cause)", hint: hint)
        }
        let descriptor: Int32
        do { descriptor = try RegularFile.open(path) } catch {
            if error.errno == ENOENT && isOptional { return nil }
            let isInTheWay = error.errno == nil || error.errno == EISDIR
            let hint = isInTheWay ? nil : "write the \(what) into \(path), mode 0600"
            throw refuse("\(error)", hint)
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw refuse(String(cString: strerror(errno)), nil)
        }
        // systemd gives credentials to root, readable to the service's user by an ACL.
        let isCredential = isOptional && status.st_uid == 0
        if status.st_uid != geteuid() && !isCredential {
            throw refuse("it belongs to another user", "chown \(getuid()) \(path)")
        }
        if status.st_mode & 0o077 != 0 && !isCredential {
            throw refuse("others may read or write it", "chmod 600 \(path)")
        }
        var bytes = [UInt8](repeating: 0, count: Limits.secretBytes + 1)
        var count = 0
        while count < bytes.count {
            let read = bytes.withUnsafeMutableBytes {
                Glibc.read(descriptor, $0.baseAddress! + count, $0.count - count)
            }
            if read < 0 && errno == EINTR { continue }
            if read < 0 { throw refuse(String(cString: strerror(errno)), nil) }
            if read == 0 { break }
            count += read
        }
        if count > Limits.secretBytes { throw refuse("it is too large for a \(what)", nil) }
        return String(decoding: bytes[..<count], as: UTF8.self)
    }
}
