internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import SyncEngine
internal import SyncHistory
internal import SyncModel

/// The past: looked at, taken back.
struct HistoryRoutes: Sendable {
    let service: VaultService
    let past: HistoryReader

    @Sendable func rollback(_ request: Request, _: SyncContext) async throws
        -> Response
    {
        let asked: RollbackRequest = try await JSONBody.read(request, .rollback)
        return try JSONAnswer.of(try await service.change(.rollback(asked)))
    }

    @Sendable func undo(_ request: Request, _: SyncContext) async throws
        -> Response
    {
        let asked: UndoRequest = try await JSONBody.read(request, .undo)
        return try JSONAnswer.of(try await service.change(.undo(asked)))
    }

    @Sendable func log(_ request: Request, _: SyncContext) async throws -> Response {
        let query = try HistoryQuery(request)
        return try await read { history in
            try history.refuseUnknown(query.path)
            return try history.page(
                query.path, before: query.before, most: query.limit, now: query.now)
        }
    }

    @Sendable func differences(_ request: Request, _: SyncContext) async throws
        -> Response
    {
        let query = try HistoryQuery(request)
        guard let from = query.from else {
            throw HTTPError(.badRequest, message: "expected from, a commit or a time")
        }
        let uncaptured = query.to == nil ? try await uncaptured(from, query) : nil
        return try await read { history in
            let old = try history.revisionOrTime(from, now: query.now)
            guard let to = query.to else {
                if uncaptured?.isEmpty ?? true {
                    try history.refuseUnknown(query.path, beside: [old])
                }
                let files =
                    try uncaptured
                    ?? history.differences(
                        from: old, to: history.revision("HEAD"), query.path
                    ).files
                return DifferenceAnswer(from: old, to: nil, files: files)
            }
            let new = try history.revisionOrTime(to, now: query.now)
            try history.refuseUnknown(query.path, beside: [old, new])
            return try history.differences(from: old, to: new, query.path)
        }
    }

    /// How the folders differ from a commit where they are not as the head; what can be is captured
    /// first.
    /// - Returns: nil where they are.
    private func uncaptured(_ from: String, _ query: HistoryQuery) async throws
        -> [FileDifference]?
    {
        let flushed = try await service.barrier()
        if flushed.complete && flushed.applied { return nil }
        let old = try await past.read { try $0.revisionOrTime(from, now: query.now) }
        return try await service.differences(from: old, query.path)
    }

    @Sendable func commit(_: Request, _ context: SyncContext) async throws
        -> Response
    {
        let name = try context.parameter("rev")
        return try await read { try $0.shown($0.revision(name)) }
    }

    @Sendable func blame(_ request: Request, _: SyncContext) async throws
        -> Response
    {
        let query = try HistoryQuery(request)
        guard let path = query.path else {
            throw HTTPError(.badRequest, message: "expected path, a file of the repository")
        }
        return try await read { history in
            let head = try history.revisionOrTime(query.at ?? "HEAD", now: query.now)
            let blame = Blame(reading: history.repository)
            if let answer = try blame.answer(path, at: head) { return answer }
            throw Revision.Unknown(description: try blame.reason(path, at: head))
        }
    }

    @Sendable func deleted(_ request: Request, _: SyncContext) async throws
        -> Response
    {
        let query = try HistoryQuery(request)
        let start = try JSONAnswer.start(request)
        let (end, isPast) = start.addingReportingOverflow(query.limit + 1)
        let files = try await past.read { history in
            try history.refuseUnknown(query.path)
            let filter = HistoryFilter(now: query.now)
            return try history.deleted(query.path, where: filter, most: isPast ? .max : end)
        }
        return try JSONAnswer.page(files, from: start, most: query.limit, request)
    }

    @Sendable func blob(_ request: Request, _ context: SyncContext) async throws
        -> Response
    {
        let name = try context.parameter("rev")
        // The path as it was sent: its bytes need not be a text.
        let names = request.uri.path.split(separator: "/", omittingEmptySubsequences: false)
        guard let path = HistoryQuery.path(names.dropFirst(5).joined(separator: "/")) else {
            throw HTTPError(.badRequest, message: "expected a path behind the commit")
        }
        let found = try await past.read { history in
            let commit = try history.revisionOrTime(name, now: SystemClock().now())
            guard let file = try history.file(path, at: commit) else {
                throw Revision.Unknown(description: "there is no file \(path) in \(commit.short)")
            }
            return file
        }
        let bytes = try await past.read { try $0.repository.blob(found) }
        return try FileAnswer.of(bytes, found, request)
    }

    /// Answers with what the history says.
    private func read<Answer: Encodable & Sendable>(
        _ work: @Sendable (VaultHistory) throws -> Answer
    ) async throws -> Response {
        try JSONAnswer.of(try await past.read(work))
    }
}

/// What is asked of the history, as the query says it.
struct HistoryQuery: Sendable {
    /// A file or directory of the repository.
    let path: TreePath?
    /// A commit or a time.
    let from: String?
    let to: String?
    let at: String?
    let before: String?
    /// How many entries at most: 1 to `Limits.historyEntries`, 50 where nothing is said.
    let limit: Int
    let now = SystemClock().now()

    /// - Throws: `HTTPError` for a path that is none and a limit out of its range.
    init(_ request: Request) throws {
        let query = request.uri.queryParameters
        func text(_ name: String) -> String? { query[Substring(name)].map(String.init) }
        (from, to, at, before) = (text("from"), text("to"), text("at"), text("before"))
        path = text("path").flatMap { TreePath(QuotedPath.bytes($0) ?? Array($0.utf8)) }
        if let written = text("path"), path == nil, !written.isEmpty {
            throw HTTPError(.badRequest, message: "'\(written)' is no path of the repository")
        }
        limit = try JSONAnswer.number(text("limit"), "limit", 1...Limits.historyEntries) ?? 50
    }

    /// A path whose bytes a URL writes with `%`, or as the answers do; nil when it is none.
    static func path(_ text: String) -> TreePath? {
        PercentEncoding.bytes(text).flatMap { bytes in
            TreePath(QuotedPath.bytes(String(decoding: bytes, as: UTF8.self)) ?? bytes)
        }
    }
}
