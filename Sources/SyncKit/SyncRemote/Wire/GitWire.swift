internal import SyncHTTP
internal import SyncModel

/// Carries requests of git's protocol to one repository on a server, and the answers back.
/// Blocks the calling thread; every wait has a deadline.
protocol GitWire: AnyObject {
    /// Begins to talk to one of the server's programs.
    /// - Parameters:
    ///   - wanted: which references to remember where it tells them.
    ///   - cancellation: ends this and all until `close`, at once.
    /// - Returns: what it says of itself; may be what it said earlier, without references then.
    func open(
        _ service: GitService, wanted: @escaping (String) -> Bool, _ cancellation: Cancellation
    ) throws(RemoteError) -> Advertisement

    /// Sends a request to the program that is open and gives the answer's packets.
    /// - Throws: `.unreachable` when the answer ends before its last packet.
    func send(_ request: GitRequest, take: (Packet) throws(RemoteError) -> Void)
        throws(RemoteError)

    /// Ends the talk; does nothing when none is open.
    func close()

    /// Closes connections that are kept although nothing is open.
    func dropConnections()
}

extension GitWire {
    func dropConnections() {}

    /// The references as they stand now.
    /// - Parameters:
    ///   - server: what the upload program said of itself.
    ///   - prefixes: what a server that can is asked for.
    ///   - wanted: what is kept of its answer.
    func references(
        _ server: Advertisement, below prefixes: [String], wanted: @escaping (String) -> Bool
    ) throws(RemoteError) -> [String: ObjectID] {
        if server.version != 2 { return server.references }
        var reader = ReferencesReader(wanted)
        let request = GitRequest(
            FetchRequest(server: server).references(prefixes), isQuestion: true)
        try send(request) { packet throws(RemoteError) in try reader.take(packet) }
        return reader.references
    }

    /// Where a branch stands; see `NetworkRemote.look`.
    func head(of branch: String, isWriting: Bool, _ cancellation: Cancellation)
        throws(RemoteError) -> ObjectID?
    {
        defer { close() }
        let name = "refs/heads/\(branch)"
        let wanted = { $0 == name || BranchClash.isInTheWay($0, of: name) }
        let server = try open(.upload, wanted: wanted, cancellation)
        let references = try references(
            server, below: BranchClash.prefixes(name), wanted: wanted)
        let head = references[name]
        if head == nil { try BranchClash.check(references.keys, branch, "fetch") }
        close()
        if isWriting { _ = try open(.receive, wanted: wanted, cancellation) }
        return head
    }
}
