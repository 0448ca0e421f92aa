internal import Glibc
internal import SyncModel

/// The bytes of a configuration file.
struct ConfigurationFile {
    let path: String

    /// Reads the file as UTF-8 text.
    func read() throws(ConfigurationError) -> String {
        let bytes: [UInt8]
        do { bytes = try RegularFile.content(path, upTo: Limits.configurationBytes) } catch {
            switch error.errno {
            case ENOENT:
                throw problem("there is no configuration here: run 'syncctl init' to make one")
            case nil: throw problem("\(error)")
            default: throw problem("cannot be read: \(error)")
            }
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
