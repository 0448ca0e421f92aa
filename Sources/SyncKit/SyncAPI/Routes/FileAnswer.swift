internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import SyncModel

/// A file's bytes, whole or a range of them.
enum FileAnswer {
    /// Answers with a blob.
    /// - Parameters:
    ///   - content: its bytes.
    ///   - id: its name, which is the `ETag`.
    static func of(_ content: [UInt8], _ id: ObjectID, _ request: Request) throws -> Response {
        let tag = "\"\(id)\""
        var headers: HTTPFields = [
            .contentType: "application/octet-stream", .eTag: tag, .acceptRanges: "bytes",
            .xContentTypeOptions: "nosniff", .cacheControl: "private, no-cache",
            // Bytes of somebody else's are never a page of this daemon's.
            HTTPField.Name("Content-Security-Policy")!: "default-src 'none'; sandbox",
        ]
        let asked = request.headers[.ifRange].map { $0 == tag } ?? true
        guard asked, let text = request.headers[.range],
            let range = ByteRange(text, of: content.count)
        else { return Response(status: .ok, headers: headers, body: body(content[...])) }
        guard let bytes = range.bytes else {
            var response = try JSONAnswer.problem(
                .rangeNotSatisfiable,
                "the file has \(content.count) bytes, and none of the range: ask for some of them",
                "range-not-satisfiable")
            response.headers[.contentRange] = "bytes */\(content.count)"
            response.headers[.eTag] = tag
            return response
        }
        headers[.contentRange] =
            "bytes \(bytes.lowerBound)-\(bytes.upperBound - 1)/\(content.count)"
        return Response(status: .partialContent, headers: headers, body: body(content[bytes]))
    }

    /// In pieces, so that it shows whether the client reads.
    private static func body(_ content: ArraySlice<UInt8>) -> ResponseBody {
        let starts = stride(from: content.startIndex, to: content.endIndex, by: Limits.answerPiece)
        return ResponseBody(
            contentsOf: starts.map { start in
                let end = min(start + Limits.answerPiece, content.endIndex)
                return ByteBuffer(bytes: content[start..<end])
            })
    }
}

/// The header `Range` with one range (RFC 9110, 14.1.2).
struct ByteRange: Equatable {
    /// What is wanted; nil when nothing of it is there.
    let bytes: Range<Int>?

    /// Reads the header; nil for what is to be passed over: another unit, several ranges.
    /// - Parameter size: of the whole, in bytes.
    init?(_ text: String, of size: Int) {
        guard text.hasPrefix("bytes=") else { return nil }
        let parts = text.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
            .map(String.init)
        guard parts.count == 2, parts.allSatisfy({ $0.allSatisfy { ("0"..."9").contains($0) } })
        else { return nil }
        if parts[0].isEmpty {
            if parts[1].isEmpty { return nil }
            let count = Int(parts[1]) ?? .max
            bytes = count == 0 || size == 0 ? nil : max(0, size - count)..<size
            return
        }
        let first = Int(parts[0]) ?? .max
        let last = parts[1].isEmpty ? size - 1 : Int(parts[1]) ?? .max
        if !parts[1].isEmpty && last < first { return nil }
        bytes = first >= size ? nil : first..<min(last, size - 1) + 1
    }
}
