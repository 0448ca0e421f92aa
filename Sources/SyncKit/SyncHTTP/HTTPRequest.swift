/// One request to a server.
package struct HTTPRequest {
    /// Who asks, in HTTP's Basic scheme.
    package struct Login: Sendable, Equatable {
        /// The user's name, no colon in it.
        package let user: String
        /// The password or token.
        package let password: String

        package init(user: String, password: String) {
            self.user = user
            self.password = password
        }
    }

    /// What is sent with a request.
    package enum Body {
        case none
        case bytes([UInt8])
        /// Made while it is sent, of a length nobody knows before.
        case stream(any HTTPBodySource)
    }

    /// The whole URL without a login.
    package let url: String
    /// Lines such as `Accept: */*`.
    package var headers: [String] = []
    /// The type of body that is wanted; one of another type counts as words for people.
    package var answerType: String
    /// Sent by POST; `.none` is a GET.
    package var body: Body = .none
    /// Sent at once, to this URL's host alone.
    package var login: Login?
    /// The most bytes of an answer, inflated.
    package var mostBytes: Int
    /// For all of it.
    package var deadline: Duration
    /// So many bytes in either direction put the deadline off by a second; nil: none do.
    package var slowest: Int?

    /// Asks by GET, without login.
    package init(_ url: String, answerType: String, mostBytes: Int, deadline: Duration) {
        self.url = url
        self.answerType = answerType
        self.mostBytes = mostBytes
        self.deadline = deadline
    }
}

/// Gives a request's body piece by piece, from its start as often as that is asked for.
package protocol HTTPBodySource: AnyObject {
    /// Begins again.
    func rewind()

    /// Fills the room as far as it can.
    /// - Returns: how many bytes; 0 at the end; nil when the body cannot be made.
    func read(into room: UnsafeMutableRawBufferPointer) -> Int?
}
