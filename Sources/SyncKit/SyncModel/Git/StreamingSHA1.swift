internal import Crypto

/// A SHA-1 taken over bytes as they come: what a pack and its index end with.
package struct StreamingSHA1 {
    private var hash = Insecure.SHA1()

    /// Starts with no bytes.
    package init() {}

    /// Adds bytes.
    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        hash.update(bufferPointer: bytes)
    }

    /// Adds bytes.
    package mutating func update(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { hash.update(bufferPointer: $0) }
    }

    /// The hash of all bytes added so far.
    package var value: ObjectID {
        hash.finalize().withUnsafeBytes { ObjectID($0) } ?? .zero
    }
}
