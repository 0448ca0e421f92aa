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
}
