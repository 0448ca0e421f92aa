internal import Crypto

/// The SHA-256 of a file's bytes: what `state.json` shows and what an outsider can check.
package enum SHA256Digest {
    /// Hashes the content; returns 32 bytes.
    package static func of(_ content: [UInt8]) -> [UInt8] {
        Array(SHA256.hash(data: content))
    }
}
