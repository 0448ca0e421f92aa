internal import SyncHTTP
internal import SyncModel

/// Git's protocol over HTTPS: a request is a POST. What the server says of itself is remembered,
/// so that a question is one request. Source: `gitprotocol-http`.
final class SmartHTTP: GitWire {
    private let client: HTTPClient
    private let credentials: Credentials
    private var base: String
    private let memory: Duration
    private var remembered: [GitService: (said: Advertisement, at: ContinuousClock.Instant)] = [:]
    private var service = GitService.upload
    private var cancellation = Cancellation()

    /// - Parameters:
    ///   - base: the repository's URL without login.
    ///   - credentials: who to be to that host.
    ///   - memory: for how long what the server said of itself is believed.
    init(
        base: String, _ credentials: Credentials, _ options: HTTPClient.Options, memory: Duration
    ) throws(RemoteError) {
        self.base = base
        self.memory = memory
        self.credentials = credentials
        do { client = try HTTPClient(options) } catch {
            throw RemoteError(.io, "open the remote", error.cause)
        }
    }

    func open(
        _ service: GitService, wanted: @escaping (String) -> Bool, _ cancellation: Cancellation
    ) throws(RemoteError) -> Advertisement {
        (self.service, self.cancellation) = (service, cancellation)
        if let known = remembered[service], .now < known.at + memory {
            return known.said
        }
        let advertisement = try discover(wanted)
        // Before version 2 the references come with it, and have to be asked for each time.
        if service == .receive || advertisement.version == 2 {
            var kept = advertisement
            kept.references = [:]
            remembered[service] = (kept, .now)
        }
        return advertisement
    }

    func close() {}

    func dropConnections() { client.dropConnections() }

    /// Asks the server what it is and can. A redirect is followed within the host: a repository
    /// that was renamed.
    private func discover(_ wanted: @escaping (String) -> Bool) throws(RemoteError)
        -> Advertisement
    {
        for _ in 0..<Limits.redirects {
            let tail = "/info/refs?service=\(service.rawValue)"
            var request = HTTPRequest(
                base + tail, answerType: "application/x-\(service.rawValue)-advertisement",
                mostBytes: Limits.advertisementBytes, deadline: Limits.questionWait)
            request.headers = ["Accept: */*", "Pragma: no-cache"]
            if service == .upload { request.headers.append("Git-Protocol: version=2") }
            var reader = AdvertisementReader(wanted)
            let head = try ask(request, { reader = AdvertisementReader(wanted) }) {
                packet throws(RemoteError) in try reader.take(packet)
            }
            if let redirect = head.redirect {
                try follow(redirect, tail)
                continue
            }
            try check(head, request)
            guard reader.isDone else { throw .cut(operation) }
            guard reader.advertisement.hasOurObjects else {
                throw RemoteError(
                    .unusable, operation, "the repository names objects by SHA-256",
                    hint: "make the remote with: git init --bare --object-format=sha1")
            }
            return reader.advertisement
        }
        throw RemoteError(.missing, operation, "\(base) redirects in a circle")
    }

    /// Checks that it is git that answered.
    private func check(_ head: HTTPHead, _ request: HTTPRequest) throws(RemoteError) {
        guard head.status == 200 else { throw RemoteError(head, operation, base) }
        guard head.type == request.answerType else {
            if head.isListOfReferences {
                throw RemoteError(
                    .unusable, operation,
                    "\(base) is served as plain files (\"dumb\" HTTP): nobody can push there, and "
                        + "what is fetched is never sure to be whole",
                    hint: "serve it by git http-backend, or take ssh://")
            }
            throw RemoteError(
                .missing, operation, "\(base) is a page, not a git repository",
                hint: "check repository.remote: it ends in .git with most hosts")
        }
    }

    private func follow(_ target: String, _ tail: String) throws(RemoteError) {
        // Neither the server nor anybody on the way says who we are there.
        let host = HTTPHost(of: target)
        guard let host, !host.hasLogin, host == HTTPHost(of: base), target.hasSuffix(tail) else {
            throw RemoteError(
                .missing, operation,
                "the remote redirects to \(RemoteWords.clean(target.prefix(200).utf8)), "
                    + "which is not followed",
                hint: "if that is right, set repository.remote to it")
        }
        base = String(target.dropLast(tail.count))
    }

    func send(_ request: GitRequest, take: (Packet) throws(RemoteError) -> Void)
        throws(RemoteError)
    {
        let name = service.rawValue
        var post = HTTPRequest(
            "\(base)/\(name)", answerType: "application/x-\(name)-result",
            mostBytes: request.isQuestion ? Limits.advertisementBytes : Limits.receivedPackBytes,
            deadline: request.isQuestion ? Limits.questionWait : Limits.transferWait)
        post.slowest = request.isQuestion ? nil : Limits.transferSpeed
        post.headers = [
            "Content-Type: application/x-\(name)-request", "Accept: application/x-\(name)-result",
        ]
        if service == .upload { post.headers.append("Git-Protocol: version=2") }
        do throws(RepositoryError) {
            let whole = try request.whole(most: Limits.requestBufferBytes)
            post.body = whole.map { .bytes($0) } ?? .stream(request)
        } catch { throw RemoteError(own: error, operation) }
        var isEnded = false
        do throws(RemoteError) {
            let head = try ask(post) { packet throws(RemoteError) in
                isEnded = if case .flush = packet { true } else { false }
                try take(packet)
            }
            try check(head, post)
            guard isEnded else { throw .cut(operation) }
        } catch {
            // Whatever it was, the next try asks anew what the server can.
            remembered[service] = nil
            if let failure = request.failure { throw RemoteError(own: failure, operation) }
            throw error
        }
    }

    private var operation: String { service == .upload ? "fetch" : "push" }

    /// Makes one request, once more with another login when the first was refused.
    /// - Parameter again: called before that second time.
    private func ask(
        _ request: HTTPRequest, _ again: () -> Void = {},
        take: (Packet) throws(RemoteError) -> Void
    ) throws(RemoteError) -> HTTPHead {
        var request = request
        request.login = try credentials.login(cancellation)
        let head = try askOnce(request, take)
        guard head.status == 401 else {
            if head.status == 200 && request.login != nil { credentials.wasTaken() }
            return head
        }
        guard let other = try credentials.other(than: request.login, cancellation) else {
            throw RemoteError(head, operation, base)
        }
        request.login = other
        again()
        let second = try askOnce(request, take)
        if second.status == 401 { credentials.wasRefused() }
        if second.status == 200 { credentials.wasTaken() }
        return second
    }

    private func askOnce(
        _ request: HTTPRequest, _ take: (Packet) throws(RemoteError) -> Void
    ) throws(RemoteError) -> HTTPHead {
        var packets = PacketReader()
        var failure: RemoteError?
        do {
            let head = try client.send(request, cancellation: cancellation) { piece in
                do throws(RemoteError) {
                    try packets.feed(piece, take)
                    return true
                } catch {
                    failure = error
                    return false
                }
            }
            if head.status == 200 && !packets.isWhole { throw RemoteError.cut(operation) }
            return head
        } catch { throw failure ?? RemoteError(any: error, operation) }
    }
}

extension HTTPHead {
    /// Whether the body is the file `info/refs` as it is: a name in hexadecimal, a tab, a
    /// reference.
    fileprivate var isListOfReferences: Bool {
        let line = String(decoding: complaint.prefix { $0 != 0x0a }, as: UTF8.self)
        let words = line.split(separator: "\t", maxSplits: 1)
        return words.count == 2 && words[1].hasPrefix("refs/") && words[0].utf8.count >= 40
            && words[0].allSatisfy(\.isHexDigit)
    }
}
