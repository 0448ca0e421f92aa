package import SyncModel

/// A commit as a user names it: `HEAD`, the branch, 4 to 40 hexadecimal digits, each with `~N`
/// for the N-th first parent.
package enum Revision {
    /// Why a name is no commit.
    package struct Unknown: Error, Sendable, CustomStringConvertible {
        package let description: String

        /// - Parameter description: one line for a person.
        package init(description: String) { self.description = description }
    }

    /// Under these names are the heads that were kept when the remote was rewritten.
    package static let keptReferences = "refs/sync/kept/"
    /// Names the newest commit that another machine is known to have made under this device's name.
    package static let namesakeReference = "refs/sync/namesake"

    /// Finds the commit.
    /// - Parameters:
    ///   - name: what the user wrote.
    ///   - head: the vault's head.
    ///   - branch: the synced branch's short name.
    ///   - kept: gives the heads that were kept when the remote was rewritten: digits that name
    ///     nothing behind the head are looked for behind those.
    /// - Throws: `Unknown`, or `RepositoryError`.
    package static func find(
        _ name: String, head: ObjectID?, branch: String, reading reader: any ObjectReader,
        kept: () throws -> [ObjectID] = { [] }
    ) throws -> ObjectID {
        let parts = name.split(separator: "~", maxSplits: 1, omittingEmptySubsequences: false)
        var steps = 0
        if parts.count == 2 {
            guard let number = parts[1].isEmpty ? 1 : Int(parts[1]), number >= 0 else {
                throw Unknown(description: "'\(name)': expected a number behind '~'")
            }
            steps = number
        }
        guard let head else { throw Unknown(description: "nothing is committed yet") }
        var commit = try base(String(parts[0]), head, branch, reader, kept)
        for _ in 0..<steps {
            guard let parent = try reader.commit(commit).parents.first else {
                throw Unknown(description: "'\(name)' is before the first commit")
            }
            commit = parent
        }
        return commit
    }

    private static func base(
        _ name: String, _ head: ObjectID, _ branch: String, _ reader: any ObjectReader,
        _ kept: () throws -> [ObjectID]
    ) throws -> ObjectID {
        if ["HEAD", "head", "@", branch, "refs/heads/\(branch)"].contains(name) { return head }
        if let id = ObjectID(hex: name[...]) {
            guard reader.contains(id) else {
                throw Unknown(description: "there is no commit \(name)")
            }
            let kind = try reader.header(id).kind
            if kind == .commit { return id }
            throw Unknown(description: "\(id.short) is a \(kind), not a commit")
        }
        guard name.utf8.count >= 4, name.allSatisfy({ $0.isASCII && $0.isHexDigit }) else {
            throw Unknown(
                description: "'\(name)' names no commit: expected HEAD, HEAD~N or 4 to 40 digits"
                    + " of its id")
        }
        let digits = name.lowercased()
        if let commit = try abbreviated(digits, [head], reader) { return commit }
        if let commit = try abbreviated(digits, try kept(), reader) { return commit }
        throw Unknown(description: "there is no commit \(digits)")
    }

    /// The one commit behind some heads whose id begins with these digits; nil for none.
    private static func abbreviated(
        _ digits: String, _ heads: [ObjectID], _ reader: any ObjectReader
    ) throws -> ObjectID? {
        var seen = Set(heads)
        var pending = heads
        var found: [ObjectID] = []
        while let id = pending.popLast() {
            if seen.count > Limits.historyWalk {
                throw RepositoryError(.io, "look for \(digits)", object: id, "history too long")
            }
            if id.hex.hasPrefix(digits) { found.append(id) }
            for parent in try reader.commit(id).parents where seen.insert(parent).inserted {
                pending.append(parent)
            }
        }
        if found.count > 1 {
            let all = found.prefix(5).map(\.hex).joined(separator: ", ")
            throw Unknown(description: "'\(digits)' is short for several commits: \(all)")
        }
        return found.first
    }
}
