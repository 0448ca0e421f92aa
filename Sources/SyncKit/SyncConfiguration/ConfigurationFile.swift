internal import Glibc
internal import SyncModel

/// The bytes of a configuration file.
struct ConfigurationFile {
    let path: String

    /// Reads the file as UTF-8 text.
    func read() throws(ConfigurationError) -> String {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            if errno == ENOENT {
                throw problem("there is no configuration here: run 'syncctl init' to make one")
            }
            throw problem("cannot be read: \(String(cString: strerror(errno)))")
        }
        defer { close(file) }
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 16 << 10)
        while bytes.count <= Limits.configurationBytes {
            let count = Glibc.read(file, &block, block.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else {
                throw problem("cannot be read: \(String(cString: strerror(errno)))")
            }
            if count == 0 { break }
            bytes += block[..<count]
        }
        guard bytes.count <= Limits.configurationBytes else {
            throw problem("expected at most \(Limits.configurationBytes >> 10) KiB")
        }
        for (index, line) in bytes.split(separator: 0x0a, omittingEmptySubsequences: false)
            .enumerated() where String(validating: line, as: UTF8.self) == nil
        {
            throw problem("expected UTF-8 text", line: index + 1)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func problem(_ message: String, line: Int? = nil) -> ConfigurationError {
        ConfigurationError(problems: [
            .init(file: path, line: line, column: nil, key: nil, message: message)
        ])
    }
}
