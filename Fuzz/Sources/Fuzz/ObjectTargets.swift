@testable import SyncModel

@testable import SyncMerge

/// The readers of git's objects, and of what a tree carries for syncd, each with what must hold of
/// whatever it reads.
enum ObjectTargets {
    /// A commit that can be read is written so that it reads the same; whatever it claims is a
    /// time of the range, a line, or nothing.
    @Sendable static func commits(_ bytes: [UInt8]) {
        do throws(FormatError) {
            let signed = try SignedCommit(parsing: bytes)
            require(signed.signatures >= 0, "a number of signatures")
        } catch {}
        let commit: Commit
        do throws(FormatError) { commit = try Commit(parsing: bytes) } catch { return }
        do throws(FormatError) {
            let again = try Commit(parsing: commit.serialized)
            require(again.parents == commit.parents && again.tree == commit.tree, "its objects")
            require(again.message == commit.message, "its message")
            require(again.committer.seconds == commit.committer.seconds, "its date")
        } catch { require(false, "what is written cannot be read: \(error)") }
        require(!commit.subject.contains("\n"), "a subject is one line")
        for name in ["Sync-HLC", "Sync-Device", MergeIdentity.versionTrailer, "x"] {
            guard let value = commit.trailer(name) else { continue }
            require(value.utf8.count <= Limits.trailerBytes, "a trailer past its bound")
            if let time = Timestamp(claimed: value) {
                require(time <= .latest && time.next >= time, "a time of the range")
                _ = time.iso8601
            }
        }
        _ = (MergeIdentity.made(commit), MergeIdentity.rules(of: commit))
        _ = Timestamp(claimedSeconds: commit.committer.seconds)?.iso8601
        let stamps = CommitStamps(reading: OneObject(commit: bytes))
        let id = ObjectID(hashing: bytes, as: .commit)
        do throws(RepositoryError) { _ = try stamps.time(of: id) } catch {}
    }

    /// A tree that can be read has its names once and in order, and each is found; changed, it is
    /// one that can be read.
    @Sendable static func trees(_ bytes: [UInt8]) {
        let tree: Tree
        do throws(FormatError) { tree = try Tree(parsing: bytes) } catch { return }
        require(tree.entries.count == tree.count, "as many as there are")
        require(Set(tree.entries.map(\.name)).count == tree.count, "names once")
        for entry in tree.entries {
            require(!entry.name.isEmpty && !entry.name.contains(0), "a name")
            require(tree[entry.name] != nil, "a name is found")
            _ = (TreeName.fault(entry.name), TreeName.isCheckoutSafe(entry.name))
            _ = TreeName.isRefused(entry.name, as: entry.mode)
            if let path = TreePath(entry.name) {
                require(TreePath(path.text)?.text == path.text, "a path as text")
                require(!path.description.contains("\u{1b}"), "a name escapes")
            }
        }
        let names = tree.entries.map(\.name)
        guard let first = tree.entries.first else { return }
        let less = tree.replacing([first.name], with: [])
        require(less.count < tree.count && less[first.name] == nil, "one name less")
        do throws(FormatError) { _ = try Tree(parsing: less.serialized) } catch {
            require(false, "a tree of \(names.count) names less one cannot be read")
        }
        require(
            Tree.differences(tree, less).allSatisfy { $0.0?.name ?? $0.1?.name == first.name },
            "the difference is that name")
        require(Tree.differences(tree, tree).isEmpty, "no difference to itself")
    }

    /// A record of a conflict is one that can be rendered and read again, or none; no claim of it
    /// traps where it is looked at.
    @Sendable static func conflicts(_ bytes: [UInt8]) {
        guard let record = ConflictRecord(reading: bytes) else { return }
        require(ConflictRecord.isRecord(record.recordPath), "its place is among the records")
        require(record.recordPath.components.count == 3, "its place is no deeper")
        _ = (record.since.iso8601, record.namedBlobs)
        let isWhole = record.isConsistent
        let again = ConflictRecord(reading: record.rendered)
        if isWhole { require(again == record, "a record reads back") }
        do throws(RepositoryError) {
            let terms = try record.terms(reading: OneObject(commit: []))
            if let terms { require(terms.sides.count >= 2, "sides") }
        } catch {}
    }
}

/// A repository of one commit.
private final class OneObject: ObjectReader {
    private let bytes: [UInt8]
    private let id: ObjectID

    init(commit bytes: [UInt8]) {
        (self.bytes, id) = (bytes, ObjectID(hashing: bytes, as: .commit))
    }

    func object(_ id: ObjectID) throws(RepositoryError) -> StoredObject {
        guard id == self.id else { throw RepositoryError(.missing, "read", object: id) }
        return StoredObject(kind: .commit, content: bytes)
    }

    func header(_ id: ObjectID) throws(RepositoryError) -> (kind: ObjectKind, size: Int) {
        let stored = try object(id)
        return (stored.kind, stored.content.count)
    }

    func contains(_ id: ObjectID) -> Bool { id == self.id }
}
