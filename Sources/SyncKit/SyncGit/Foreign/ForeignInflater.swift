internal import CDeflate
internal import SyncModel

/// Inflates what somebody else deflated, into no more room than was allowed.
final class ForeignInflater {
    private let decompressor: OpaquePointer

    init() throws(RepositoryError) {
        guard let made = libdeflate_alloc_decompressor() else {
            throw RepositoryError(.io, "inflate", "out of memory")
        }
        decompressor = made
    }

    deinit { libdeflate_free_decompressor(decompressor) }

    /// The most bytes that `size` bytes deflate to, with room for a careless deflater.
    static func mostDeflated(_ size: Int) -> Int { size + size / 256 + 1024 }

    /// How many times its size a zlib stream inflates to at most.
    /// Source: "Technical Details" in zlib's documentation, 1032:1.
    static let mostInflated = 1_032

    /// Inflates a zlib stream of exactly `size` bytes; what stands behind it is let be. Nil for
    /// any other.
    func inflate(_ deflated: ArraySlice<UInt8>, size: Int) -> [UInt8]? {
        guard case .done(let bytes) = run(deflated, room: size), bytes.count == size else {
            return nil
        }
        return bytes
    }

    /// Inflates a zlib stream of unknown size.
    /// - Returns: nil for one that is malformed, or inflates to more than `most`.
    func inflate(_ deflated: ArraySlice<UInt8>, most: Int) -> [UInt8]? {
        var room = min(most, max(4096, deflated.count * 4))
        while true {
            switch run(deflated, room: room) {
            case .done(let bytes): return bytes
            case .malformed: return nil
            case .tooSmall where room == most: return nil
            case .tooSmall: room = min(most, room * 4)
            }
        }
    }

    private enum Outcome { case done([UInt8]), tooSmall, malformed }

    private func run(_ deflated: ArraySlice<UInt8>, room: Int) -> Outcome {
        var result = LIBDEFLATE_BAD_DATA
        // The room is not touched before bytes come: what a header claims costs nothing.
        let bytes = [UInt8](unsafeUninitializedCapacity: max(room, 1)) { target, count in
            deflated.withUnsafeBytes { source in
                var (used, made) = (0, 0)
                result = libdeflate_zlib_decompress_ex(
                    decompressor, source.baseAddress, source.count, target.baseAddress, room,
                    &used, &made)
                count = result == LIBDEFLATE_SUCCESS ? made : 0
            }
        }
        switch result {
        case LIBDEFLATE_SUCCESS: return .done(bytes)
        case LIBDEFLATE_INSUFFICIENT_SPACE: return .tooSmall
        default: return .malformed
        }
    }
}
