/// Reads git objects by name. What merging, diffing and tree editing are written against.
package protocol ObjectReader: AnyObject {
    /// Reads a whole object.
    /// - Throws: `.missing` when no such object is here, `.thinned` when that is because it was
    ///   taken out, `.leftOut` when no device brings it, for its size, `.corrupt` when its bytes do
    ///   not hash to its name or cannot be inflated, `.io` otherwise.
    func object(_ id: ObjectID) throws(RepositoryError) -> StoredObject

    /// The kind and the inflated size in bytes, without reading the content where that is cheaper.
    func header(_ id: ObjectID) throws(RepositoryError) -> (kind: ObjectKind, size: Int)

    /// Reads and parses a tree; the empty tree need not be stored.
    func tree(_ id: ObjectID) throws(RepositoryError) -> Tree

    /// Reads and parses a commit.
    func commit(_ id: ObjectID) throws(RepositoryError) -> Commit

    /// Whether the object is here.
    func contains(_ id: ObjectID) -> Bool

    /// The same, for whom it is not enough that an object could not be looked for.
    /// - Throws: `.corrupt` or `.io` for that.
    func holds(_ id: ObjectID) throws(RepositoryError) -> Bool

    /// Whether the object was taken out of here to keep less of the past; the remote had it
    /// then.
    func isThinned(_ id: ObjectID) -> Bool

    /// Commits that are here with all they hold, and stand upon some whose contents were thinned:
    /// whoever asks what is here is told that history begins with them. Empty where all is whole.
    var thinnedBehind: [ObjectID] { get }
}

extension ObjectReader {
    /// As `contains`: looking fails nowhere.
    package func holds(_ id: ObjectID) throws(RepositoryError) -> Bool { contains(id) }

    /// Never: nothing is taken out.
    package func isThinned(_ id: ObjectID) -> Bool { false }

    /// Whether the object is one that a remote has and no device brings, for its size.
    package func isLeftOut(_ id: ObjectID) -> Bool {
        do throws(RepositoryError) {
            _ = try header(id)
            return false
        } catch { return error.code == .leftOut }
    }

    /// None: all is whole.
    package var thinnedBehind: [ObjectID] { [] }

    /// Reads and parses a tree without remembering it.
    package func tree(_ id: ObjectID) throws(RepositoryError) -> Tree {
        if id == Tree.emptyID { return .empty }
        let stored = try object(id)
        guard stored.kind == .tree else {
            throw RepositoryError(.corrupt, "read tree", object: id, "it is a \(stored.kind)")
        }
        do { return try Tree(parsing: stored.content) } catch {
            throw RepositoryError(.corrupt, "read tree", object: id, "\(error)")
        }
    }

    /// Reads and parses a commit without remembering it.
    package func commit(_ id: ObjectID) throws(RepositoryError) -> Commit {
        let stored = try object(id)
        guard stored.kind == .commit else {
            throw RepositoryError(.corrupt, "read commit", object: id, "it is a \(stored.kind)")
        }
        do { return try Commit(parsing: stored.content) } catch {
            throw RepositoryError(.corrupt, "read commit", object: id, "\(error)")
        }
    }

    /// Reads a blob's bytes.
    package func blob(_ id: ObjectID) throws(RepositoryError) -> [UInt8] {
        let stored = try object(id)
        guard stored.kind == .blob else {
            throw RepositoryError(.corrupt, "read blob", object: id, "it is a \(stored.kind)")
        }
        return stored.content
    }
}

extension ObjectRepository {
    /// Nothing is left out of it.
    package func noteLeftOut(_ ids: Set<ObjectID>) throws(RepositoryError) {}
}

extension Tree {
    /// The name of the tree without entries.
    package static let emptyID = ObjectID(hashing: [], as: .tree)
}

extension ObjectID {
    /// The name of the blob without bytes: of an empty file, and what a conflict says of a file
    /// that was not there.
    package static let emptyBlob = ObjectID(hashing: [], as: .blob)
}

/// A git repository: objects, packs to write into, references.
package protocol ObjectRepository: ObjectReader {
    /// Starts a pack. Nothing in it can be read before `finish`.
    func beginPack() throws(RepositoryError) -> any PackSink

    /// What a reference points at; nil when it does not exist.
    /// - Parameter name: in full: `refs/heads/sync`.
    func reference(_ name: String) throws(RepositoryError) -> ObjectID?

    /// All references whose full name begins with `prefix`, sorted by name.
    func references(_ prefix: String) throws(RepositoryError) -> [(name: String, id: ObjectID)]

    /// Moves, makes or deletes a reference if it still points at `expected`, durably.
    /// - Parameters:
    ///   - id: what it shall point at; nil deletes it.
    ///   - expected: what it points at now; nil when it must not exist.
    /// - Throws: `.moved` when it points elsewhere; nothing is changed then.
    func setReference(_ name: String, to id: ObjectID?, expecting expected: ObjectID?)
        throws(RepositoryError)

    /// Writes down where a reference is to point while the object is still in a pack that is not
    /// finished: the file system then makes both durable at the price of one.
    /// - Parameters: as of `setReference`.
    /// - Returns: nil where that cannot be had; whoever then calls `setReference` is told why.
    func prepareReference(_ name: String, to id: ObjectID, expecting expected: ObjectID?)
        -> (any PreparedReference)?

    /// Sees what another handle put there or took out.
    /// - Returns: whether anything may have changed.
    @discardableResult func refresh() throws(RepositoryError) -> Bool

    /// Notes, before anything is read that names them, objects that a remote has and no device
    /// brings, for their size.
    func noteLeftOut(_ ids: Set<ObjectID>) throws(RepositoryError)

    /// Forgets what was thinned once all of it came back.
    /// - Returns: whether it did.
    func endThinning() throws(RepositoryError) -> Bool
}

extension ObjectRepository {
    /// Nothing: there is no other handle.
    @discardableResult package func refresh() throws(RepositoryError) -> Bool { false }

    /// Nothing to forget.
    package func endThinning() throws(RepositoryError) -> Bool { true }
}

/// A reference that is to point elsewhere. One that is dropped leaves nothing behind.
package protocol PreparedReference {
    /// Lets it point there, durably, if it still points where it was expected to.
    /// - Returns: whether it does; otherwise nothing is changed.
    func finish() throws(RepositoryError) -> Bool
}

/// A pack being written: objects go in as they come, become readable and durable at `finish`.
/// A sink that is dropped without `finish` leaves nothing behind.
package protocol PackSink: AnyObject {
    /// Adds an object unless the repository or this pack has it.
    func add(_ kind: ObjectKind, _ content: [UInt8]) throws(RepositoryError) -> ObjectID

    /// Adds an object also when the repository has it: it may be on its way out there.
    func addAgain(_ kind: ObjectKind, _ content: [UInt8]) throws(RepositoryError) -> ObjectID

    /// Adds many blobs, reading and deflating them on more than one thread where that pays.
    /// - Parameters:
    ///   - count: how many; `read` is called once for each of `0..<count`, on any thread.
    ///   - read: gives the content, or nil when there is none to add, and what it wants kept.
    /// - Returns: for each index the blob's name (nil where `read` gave no content) and outcome.
    func addBlobs<Outcome: Sendable>(
        _ count: Int, _ read: @Sendable (Int) -> (content: [UInt8]?, outcome: Outcome)
    ) throws(RepositoryError) -> [(id: ObjectID?, outcome: Outcome)]

    /// Makes all added objects durable and readable; does nothing when none was new.
    func finish() throws(RepositoryError)
}

extension PackSink {
    /// Adds it as `add` does, where nothing goes.
    package func addAgain(_ kind: ObjectKind, _ content: [UInt8]) throws(RepositoryError)
        -> ObjectID
    { try add(kind, content) }

    /// Adds them as `addInTurn` does.
    package func addBlobs<Outcome: Sendable>(
        _ count: Int, _ read: @Sendable (Int) -> (content: [UInt8]?, outcome: Outcome)
    ) throws(RepositoryError) -> [(id: ObjectID?, outcome: Outcome)] {
        try addInTurn(count, read)
    }

    /// Adds blobs one after the other, on the calling thread.
    package func addInTurn<Outcome: Sendable>(
        _ count: Int, _ read: @Sendable (Int) -> (content: [UInt8]?, outcome: Outcome)
    ) throws(RepositoryError) -> [(id: ObjectID?, outcome: Outcome)] {
        var results: [(id: ObjectID?, outcome: Outcome)] = []
        for index in 0..<count {
            let (content, outcome) = read(index)
            var id: ObjectID?
            if let content { id = try add(.blob, content) }
            results.append((id, outcome))
        }
        return results
    }
}

/// A failure of the repository.
package struct RepositoryError: Error, Sendable, CustomStringConvertible {
    /// What kind of failure.
    package enum Code: Sendable, Equatable {
        case missing, thinned, leftOut, corrupt, tooLarge, moved, locked, noSpace, readOnly
        case absent, notARepository, io

        /// What the matter is, for people.
        package var words: String {
            switch self {
            case .missing: "it is not there"
            case .thinned: "it was thinned on this device, when the remote had it"
            case .leftOut: "it is at the remote alone, and larger than a device brings"
            case .corrupt: "it is damaged"
            case .tooLarge: "it is too large"
            case .moved: "it has moved meanwhile"
            case .locked: "another program holds its lock"
            case .noSpace: "no space is left"
            case .readOnly: "the daemon may not read or write there"
            case .absent: "the repository is not there"
            case .notARepository: "it is no bare git repository"
            case .io: "the system refused"
            }
        }
    }

    /// Callers branch on this code.
    package let code: Code
    /// A verb phrase for the message: `read tree`, `move refs/heads/sync`.
    package let operation: String
    /// The object concerned; nil when it is the repository.
    package let object: ObjectID?
    /// The library's words or ours; may be empty.
    package let cause: String

    /// Takes the code, the operation in words, the object where there is one, and the cause.
    package init(
        _ code: Code, _ operation: String, object: ObjectID? = nil, _ cause: String = ""
    ) {
        self.code = code
        self.operation = operation
        self.object = object
        self.cause = cause
    }

    package var description: String {
        "\(operation)\(object.map { " \($0.hex)" } ?? ""): \(code.words)"
            + (cause.isEmpty ? "" : " (\(cause))")
    }
}
