internal import FoundationEssentials
internal import HTTPTypes
internal import Hummingbird
internal import SyncEngine
internal import SyncModel

/// Files written by request.
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
        let asked: One = try await JSONBody.read(request, .write)
        return try await write(
            WriteRequest([asked.write], description: asked.description, agent: asked.agent),
            context)
    }

    @Sendable func batch(_ request: Request, _ context: SyncContext) async throws -> Response {
        try await write(try await JSONBody.read(request, .batch), context)
    }

    private func write(_ asked: WriteRequest, _ context: SyncContext) async throws -> Response {
        var token: String?
        if case .token(let name) = context.caller.identity { token = name }
        return try JSONAnswer.of(try await service.write(asked, token: token))
    }
}
