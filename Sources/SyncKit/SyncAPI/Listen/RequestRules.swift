internal import NIOCore
internal import NIOHTTP1
internal import NIOHTTPTypesHTTP1

/// Refuses what the library behind it would read in one way and a proxy before it in another: a
/// request that names more than one host, or none (RFC 9112, 3.2), or another in its target.
final class RequestRules: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .head(let head) = unwrapInboundIn(data), !Self.namesOneHost(head) {
            // As the parser does with what is malformed: it is answered 400, and that is the end.
            context.fireErrorCaught(HTTPParserError.invalidHeaderToken)
            return
        }
        context.fireChannelRead(data)
    }

    /// Whether a request has one host, in its header and in a target of absolute form.
    private static func namesOneHost(_ head: HTTPRequestHead) -> Bool {
        let hosts = head.headers[canonicalForm: "host"]
        guard hosts.count == 1 else { return false }
        guard let mark = head.uri.firstRange(of: "://"), !head.uri.hasPrefix("/") else {
            return true
        }
        let authority = head.uri[mark.upperBound...].prefix { !"/?#".contains($0) }
        return authority.lowercased() == hosts[0].lowercased()
    }

    /// Puts the rules before the handler that turns a request into the library's own form.
    static func add(to pipeline: ChannelPipeline) {
        let operations = pipeline.syncOperations
        do {
            let codec = try operations.handler(type: HTTP1ToHTTPServerCodec.self)
            try operations.addHandler(RequestRules(), position: .before(codec))
        } catch {
            // Without the rules nobody is served.
            operations.fireErrorCaught(error)
            pipeline.close(promise: nil)
        }
    }
}
