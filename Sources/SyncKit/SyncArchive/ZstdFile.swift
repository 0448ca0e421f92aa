internal import CZstd
internal import Glibc

/// A new file whose content goes through zstd. One that is dropped without `finish` is removed.
final class ZstdWriter {
    private let path: String
    private let descriptor: Int32
    private let stream: OpaquePointer
    private var isFinished = false

    /// - Parameter path: absolute; what stands there is replaced. Only its owner may read it.
    init(_ path: String) throws(ArchiveError) {
        guard let stream = ZSTD_createCCtx() else { throw ArchiveError("zstd has no memory") }
        descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        (self.path, self.stream) = (path, stream)
        if descriptor < 0 { throw .system(path) }
        // With a checksum, so that damage shows.
        ZSTD_CCtx_setParameter(stream, ZSTD_c_checksumFlag, 1)
    }

    deinit {
        ZSTD_freeCCtx(stream)
        if descriptor >= 0 { close(descriptor) }
        if descriptor >= 0 && !isFinished { unlink(path) }
    }

    /// Adds bytes.
    func write(_ bytes: [UInt8]) throws(ArchiveError) { try compress(bytes, ZSTD_e_continue) }

    /// Writes what is left, and makes all of it durable.
    /// - Returns: the file's size in bytes.
    func finish() throws(ArchiveError) -> Int {
        try compress([], ZSTD_e_end)
        var status = stat()
        guard fsync(descriptor) == 0, fstat(descriptor, &status) == 0 else { throw .system(path) }
        isFinished = true
        return Int(status.st_size)
    }

    private func compress(_ bytes: [UInt8], _ end: ZSTD_EndDirective) throws(ArchiveError) {
        var output = [UInt8](repeating: 0, count: ZSTD_CStreamOutSize())
        var position = 0
        while true {
            var left = 0
            let made = bytes.withUnsafeBytes { source in
                output.withUnsafeMutableBytes { target in
                    var input = ZSTD_inBuffer(
                        src: source.baseAddress, size: source.count, pos: position)
                    var buffer = ZSTD_outBuffer(
                        dst: target.baseAddress, size: target.count, pos: 0)
                    left = ZSTD_compressStream2(stream, &buffer, &input, end)
                    position = input.pos
                    return buffer.pos
                }
            }
            if ZSTD_isError(left) != 0 { throw ArchiveError("\(path): zstd failed") }
            try put(output[..<made])
            if end == ZSTD_e_continue ? position == bytes.count : left == 0 { return }
        }
    }

    private func put(_ bytes: ArraySlice<UInt8>) throws(ArchiveError) {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            if count <= 0 { throw .system(path) }
            rest = rest.dropFirst(count)
        }
    }
}

/// A file that zstd made, read from its beginning.
final class ZstdReader {
    private let path: String
    private let descriptor: Int32
    private let stream: OpaquePointer
    private var input: [UInt8]
    private var (start, end) = (0, 0)
    /// What zstd still expects of the frame that it is in; 0 between frames. A file has one at
    /// least.
    private var expected = 1

    init(_ path: String) throws(ArchiveError) {
        guard let stream = ZSTD_createDCtx() else { throw ArchiveError("zstd has no memory") }
        // What a file asks for is bounded by 128 MiB.
        ZSTD_DCtx_setParameter(stream, ZSTD_d_windowLogMax, 27)
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        (self.path, self.stream) = (path, stream)
        input = [UInt8](repeating: 0, count: ZSTD_DStreamInSize())
        if descriptor < 0 { throw .system(path) }
    }

    deinit {
        ZSTD_freeDCtx(stream)
        if descriptor >= 0 { close(descriptor) }
    }

    /// The next bytes, as many as wanted; fewer only at the end.
    func read(_ count: Int) throws(ArchiveError) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            if start == end {
                (start, end) = (0, try fill())
                if end == 0 {
                    if expected != 0 { throw ArchiveError("\(path) is cut short") }
                    break
                }
            }
            input.withUnsafeBytes { source in
                result.withUnsafeMutableBytes { target in
                    var from = ZSTD_inBuffer(src: source.baseAddress, size: end, pos: start)
                    var into = ZSTD_outBuffer(dst: target.baseAddress, size: count, pos: done)
                    expected = ZSTD_decompressStream(stream, &into, &from)
                    (start, done) = (from.pos, into.pos)
                }
            }
            if ZSTD_isError(expected) != 0 { throw ArchiveError("\(path) is damaged") }
        }
        return Array(result[..<done])
    }

    private func fill() throws(ArchiveError) -> Int {
        while true {
            let count = Glibc.read(descriptor, &input, input.count)
            if count < 0 && errno == EINTR { continue }
            if count < 0 { throw .system(path) }
            return count
        }
    }
}
