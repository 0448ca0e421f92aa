internal import SyncModel

extension NetworkTransfer {
    /// Takes away what a device said at the remote of how far it has applied.
    /// - Returns: false when it said nothing there.
    /// - Throws: as `RemoteLink.forget`, and `.io` with the remote's words when it refuses.
    func forget(_ device: String, _ memory: inout Memory) throws(RemoteError) -> Bool {
        defer { wire.close() }
        let name = PathTransfer.devices + device
        let known = try references(wire.open(.upload, wanted: isOurs, cancellation))
        guard let old = known[name] else { return false }
        wire.close()
        let server = try wire.open(.receive, wanted: isOurs, cancellation)
        guard server.capabilities["report-status"] != nil,
            server.capabilities["delete-refs"] != nil
        else { throw RemoteError(.io, "forget \(device)", "the remote deletes no references") }
        var report = PushReport(server)
        willPush()
        let command = PushCommand(reference: name, old: old, new: nil)
        try wire.send(GitRequest([command], nil, to: server)) { packet throws(RemoteError) in
            try report.take(packet)
        }
        guard report.isDone else { throw RemoteError.cut("forget \(device)") }
        let outcome = report.outcomes[name]
        if let reason = outcome.map({ $0 }) ?? "the remote said nothing of it" {
            let words = PushRefusal(reason, report.words.text).words
            throw RemoteError(.io, "forget \(device)", words)
        }
        memory.references[name] = nil
        memory.isFresh = false
        return true
    }
}
