internal import CDeflate
internal import SyncModel

/// Makes the entries of a pack. One thread at a time.
struct Deflater: ~Copyable {
    private let compressor: OpaquePointer

    /// Level 1: a capture waits for it, and packs are written again with deltas later.
    init() throws(RepositoryError) {
        guard let compressor = libdeflate_alloc_compressor(1) else {
            throw RepositoryError(.io, "deflate", "out of memory")
        }
        self.compressor = compressor
    }

    deinit { libdeflate_free_compressor(compressor) }

    /// Deflates an object into a pack's entry: type and size, then a zlib stream.
    /// Source: `Documentation/gitformat-pack`, "pack-*.pack files have the following format".
    func entry(_ kind: ObjectKind, _ content: [UInt8]) -> PackEntry {
        let header = Self.header(kind, content.count)
        let bound = libdeflate_zlib_compress_bound(compressor, content.count)
        let bytes = [UInt8](unsafeUninitializedCapacity: header.count + bound) { room, count in
            for (index, byte) in header.enumerated() { room[index] = byte }
            let written = content.withUnsafeBytes {
                libdeflate_zlib_compress(
                    compressor, $0.baseAddress ?? UnsafeRawPointer(room.baseAddress!), $0.count,
                    room.baseAddress! + header.count, bound)
            }
            precondition(written > 0, "libdeflate_zlib_compress_bound is always enough")
            count = header.count + written
        }
        let crc = bytes.withUnsafeBytes { libdeflate_crc32(0, $0.baseAddress, $0.count) }
        return PackEntry(bytes: bytes, crc: crc)
    }

    private static func header(_ kind: ObjectKind, _ size: Int) -> [UInt8] {
        let type: UInt8 =
            switch kind {
            case .commit: 1
            case .tree: 2
            case .blob: 3
            case .tag: 4
            }
        var header = [type << 4 | UInt8(size & 15)]
        var rest = size >> 4
        while rest > 0 {
            header[header.count - 1] |= 0x80
            header.append(UInt8(rest & 0x7f))
            rest >>= 7
        }
        return header
    }
}

/// One object as it stands in a pack.
struct PackEntry: Sendable {
    let bytes: [UInt8]
    /// Of `bytes`, for the index.
    let crc: UInt32
}
