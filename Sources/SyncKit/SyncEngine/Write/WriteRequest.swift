package import SyncModel

/// One file that somebody writes or deletes by request.
package struct FileWrite: Sendable, Codable, Equatable {
    /// How the content stands in JSON.
    package enum Encoding: String, Sendable, WordInJSON {
        case text = "utf-8"
        case base64
    }

    /// A path of the repository, below the prefix of a folder of this device.
    package var path: String
    /// The whole content; nil only where `delete` is true.
    package var content: String?
    /// How `content` is to be read; text where it is not said.
    package var encoding: Encoding?
    /// The blob that has to stand there, or `*` for nothing; nil for whatever stands there.
    package var ifMatch: String?
    /// Deletes the file.
    package var delete: Bool?

    enum CodingKeys: String, CodingKey {
        case path, content, encoding, delete
        case ifMatch = "if_match"
    }

    package init(
        path: String, content: String?, encoding: Encoding? = nil, ifMatch: String? = nil,
        delete: Bool? = nil
    ) {
        (self.path, self.content, self.encoding) = (path, content, encoding)
        (self.ifMatch, self.delete) = (ifMatch, delete)
    }
}

/// Files that become one commit: the body of `POST /api/sync/batch`.
package struct WriteRequest: Sendable, Codable, Equatable {
    /// 1 to `Limits.batchWrites`, no path twice.
    package var writes: [FileWrite]
    /// The first line of the commit's message; nil lets the daemon word it.
    package var description: String?
    /// The program that acts, as it says itself; a token's name counts more.
    package var agent: String?

    package init(_ writes: [FileWrite], description: String? = nil, agent: String? = nil) {
        (self.writes, self.description, self.agent) = (writes, description, agent)
    }

    /// The value of the trailer `Sync-Agent`: a token's name; what a client says of itself is
    /// marked as such.
    /// - Throws: `ChangeRefusal` for what is no name.
    func agentName(token: String?) throws(ChangeRefusal) -> String? {
        if let agent, !AccessToken.isName(agent) {
            throw ChangeRefusal(
                .wrong, "agent takes 1 to 64 letters, digits, '.', '_' and '-'")
        }
        return token ?? agent.map { "\($0) (claimed)" }
    }
}

/// What writing came to: the answer to `POST /api/sync` and `POST /api/sync/batch`. The files stand
/// in the folder when it comes, but for those that wait.
package struct WriteReport: Sendable, Codable, Equatable {
    /// A file that was written.
    package struct File: Sendable, Codable, Equatable {
        /// A path of the repository.
        package let path: TreePath
        /// What stands there now, to be named by `if_match`; nil for nothing.
        @OrNull package var blob: ObjectID?
    }

    /// The new commit; nil when everything stood there already.
    @OrNull package var commit: ObjectID?
    /// In the order of the request.
    package let files: [File]
    /// Files that the folder does not hold yet, and for what they wait.
    package let waiting: [QuarantinedPath]
}
