internal import FoundationEssentials
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import SyncEngine
internal import SyncModel

/// Files written and read by request.
struct WriteRoutes: Sendable {
    let service: VaultService

    /// The body of `POST /api/sync`: a write with what belongs to its commit.
    private struct One: Decodable {
        let write: FileWrite
        let description: String?
        let agent: String?

        enum CodingKeys: CodingKey { case description, agent }

        init(from decoder: any Decoder) throws {
            write = try FileWrite(from: decoder)
            let keys = try decoder.container(keyedBy: CodingKeys.self)
            description = try keys.decodeIfPresent(String.self, forKey: .description)
            agent = try keys.decodeIfPresent(String.self, forKey: .agent)
        }
    }

    @Sendable func one(_ request: Request, _ context: SyncContext) async throws -> Response {
        let asked: One = try await JSONBody.read(request)
        return try await write(
            WriteRequest([asked.write], description: asked.description, agent: asked.agent),
            context)
    }

    @Sendable func batch(_ request: Request, _ context: SyncContext) async throws -> Response {
        try await write(try await JSONBody.read(request), context)
    }

    private func write(_ asked: WriteRequest, _ context: SyncContext) async throws -> Response {
        var token: String?
        if case .token(let name) = context.caller.identity { token = name }
        return try JSONAnswer.of(try await service.write(asked, token: token))
    }

    /// A file's bytes as a version has them, whole or a range of them.
    @Sendable func blob(_ request: Request, _ context: SyncContext) async throws -> Response {
        let version = try context.parameters.require("rev")
        let path = context.parameters.getCatchAll().joined(separator: "/")
        let (id, content) = try await service.blob(path, in: version)
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
        else {
            return Response(status: .ok, headers: headers, body: Self.body(content[...]))
        }
        guard let bytes = range.bytes else {
            headers[.contentRange] = "bytes */\(content.count)"
            return Response(status: .rangeNotSatisfiable, headers: headers)
        }
        headers[.contentRange] =
            "bytes \(bytes.lowerBound)-\(bytes.upperBound - 1)/\(content.count)"
        return Response(
            status: .partialContent, headers: headers, body: Self.body(content[bytes]))
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
            guard let count = Int(parts[1]) else { return nil }
            bytes = count == 0 || size == 0 ? nil : max(0, size - count)..<size
            return
        }
        guard let first = Int(parts[0]) else { return nil }
        let last = parts[1].isEmpty ? size - 1 : Int(parts[1]) ?? .max
        if !parts[1].isEmpty && last < first { return nil }
        bytes = first >= size ? nil : first..<min(last, size - 1) + 1
    }
}
