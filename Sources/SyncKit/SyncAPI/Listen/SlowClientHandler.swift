internal import HTTPTypes
internal import NIOCore
internal import NIOHTTPTypes
internal import SyncModel

/// Cuts a client that takes too long to send a request, or that does not read what it is sent.
final class SlowClientHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private var deadline: Scheduled<Void>?
    private var check: RepeatedTask?
    private var unsent = 0
    private var lastSent = NIODeadline.now()

    func handlerAdded(context: ChannelHandlerContext) { RequestRules.add(to: context.pipeline) }

    func handlerRemoved(context: ChannelHandlerContext) { stop() }

    func channelInactive(context: ChannelHandlerContext) {
        stop()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head:
            let context = NIOLoopBound(context, eventLoop: context.eventLoop)
            deadline = context.eventLoop.scheduleTask(in: .init(Limits.requestWait)) {
                context.value.close(promise: nil)
            }
        case .body: break
        case .end:
            deadline?.cancel()
            deadline = nil
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let promise = promise ?? context.eventLoop.makePromise()
        if unsent == 0 { lastSent = .now() }
        unsent += 1
        let this = NIOLoopBound(self, eventLoop: context.eventLoop)
        promise.futureResult.whenComplete { _ in
            this.value.unsent -= 1
            this.value.lastSent = .now()
        }
        if check == nil {
            let wait = TimeAmount(Limits.clientWait)
            let context = NIOLoopBound(context, eventLoop: context.eventLoop)
            check = context.eventLoop.scheduleRepeatedTask(initialDelay: wait, delay: wait) { _ in
                let handler = this.value
                if handler.unsent > 0, NIODeadline.now() - handler.lastSent > wait {
                    context.value.close(promise: nil)
                }
            }
        }
        context.write(data, promise: promise)
    }

    private func stop() {
        deadline?.cancel()
        check?.cancel()
        (deadline, check) = (nil, nil)
    }
}
